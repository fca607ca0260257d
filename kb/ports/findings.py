"""PORT findings: what the texts of articles and their histories say against articles, worked out after each change.

A *reading* is what one article says, as far as it can matter: it is taken anew only when the article or its history is
another one. *Findings* follow from all readings together. Both are kept, so that no request and no command has to read
texts. ``kb.store.findings`` implements it, ``kb.review.examining`` fills it. Every call may raise StoreError.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from kb.model import SignalKind


@dataclass(frozen=True, slots=True)
class Claim:
    """A clause of an article with one value in it. Clauses with the same ``key`` say the same of something, each with
    its own ``value``.
    """

    key: str
    value: str
    clause: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of something that a text tells: its last day, and the sentence with it."""

    day: date
    sentence: str


@dataclass(frozen=True, slots=True)
class Change:
    """A revision that says something else than the one before. ``facts``: changed values in words (7 天 → 15 天)."""

    at: datetime
    author: str
    origin: str
    note: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one article says. ``state`` names all that this was taken from.

    ``links``: ids that its body links to; ``names``: what stands in title marks or quotation marks; ``pictures``: the
    addresses of ours that it shows. ``vouched_at``: since when the history has the present ``verified``, None without
    a history; ``changes``: the latest changes of what it says, oldest first; ``changed_since``: how many of them came
    after ``vouched_at``, 0 when nothing is left of them.
    """

    article_id: str
    state: str
    title: str
    kind: str
    status: str
    folder: str
    updated: date | None
    verified: date | None
    related: tuple[str, ...] = ()
    former_ids: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    claims: tuple[Claim, ...] = ()
    vouched_at: datetime | None = None
    changes: tuple[Change, ...] = ()
    changed_since: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that speaks against an article. ``subject``: what it is about (a title, a day), ``""`` for nothing in
    particular. ``at``: the moment at which it arose, None when only the day ``since`` is known.
    """

    article_id: str
    kind: SignalKind
    subject: str
    evidence: str
    since: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Vouched:
    """The ``verified`` of an article when it was read, and since when its history has it."""

    verified: date | None
    at: datetime | None


class Findings(Protocol):
    """Readings and findings as of one state of catalog and history."""

    def examined(self) -> str:
        """The state that the findings hold for, as given to ``save``; ``""`` before the first time."""

    def readings(self) -> list[Reading]:
        """All of them, in order of id; without those that can't be read any more."""

    def keep(self, readings: Iterable[Reading], gone: Collection[str]) -> None:
        """Put ``readings`` in the place of former ones and forget those of the ids ``gone``."""

    def all(self) -> list[Finding]:
        """Every finding, in order."""

    def save(self, findings: Collection[Finding], examined: str) -> None:
        """Let ``findings`` be all there are."""

    def vouched(self, article_ids: Collection[str]) -> Mapping[str, Vouched]:
        """article id -> what its history says of its verification; one query for all of them."""
