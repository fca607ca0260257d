"""PORT events: what agents do with articles. ``kb.store`` implements it in SQLite.

Moments are aware datetimes. Every call may raise StoreError, StoreCorrupt or StoreBusy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from kb.errors import QueryError

#: what somebody may think of an article
VOTES = ("helpful", "unhelpful", "outdated")
EVENT_KINDS = ("view", "copy", "pick", "open", *VOTES)


@dataclass(frozen=True, slots=True)
class Event:
    """Something done with an article. ``position`` counts from 1; ``stale``: it was expired or stale then.

    ``origin`` is the network address of the sender when given, and a keyed hash of it when read.
    Raises QueryError for a kind that is not in EVENT_KINDS.
    """

    at: datetime
    kind: str
    article_id: str
    agent: str = ""
    query: str | None = None
    position: int | None = None
    ms: float | None = None
    stale: bool = False
    note: str | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        if self.kind not in EVENT_KINDS:
            raise QueryError(f"没有“{self.kind}”这种事件，可用的有：{'、'.join(EVENT_KINDS)}。")


@dataclass(frozen=True, slots=True)
class DailyCount:
    """How often one kind of event happened to an article on one day (UTC)."""

    article_id: str
    kind: str
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Visit:
    """Who dealt with which article on which day (UTC): an opaque session id and the hash of an address."""

    article_id: str
    origin: str
    agent: str
    day: date


@dataclass(frozen=True, slots=True)
class Choice:
    """What ``visit`` took as the answer to ``query``, ``count`` times. ``asked`` is the query's letters, folded.

    ``position`` is the lowest place, counted from 1, at which the article was picked; None when unknown.
    """

    asked: str
    query: str
    visit: Visit
    count: int = 1
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to learn from: choices, visits that ended in "unhelpful", and how many addresses sent events."""

    choices: tuple[Choice, ...]
    unhelpful: frozenset[Visit]
    origins: int


@dataclass(frozen=True, slots=True)
class StaleCopies:
    """How often an article was copied while it was expired or stale, for the first and the last time when."""

    count: int
    first: datetime
    last: datetime


class EventLog(Protocol):
    """What agents do with articles. Queries and notes are masked before they are written."""

    def record(self, event: Event) -> None:
        """Write down an event."""

    def totals(self, since: datetime, until: datetime | None = None) -> dict[str, dict[str, int]]:
        """article id -> kind -> number of events in [since, until)."""

    def uses(self, kinds: Collection[str], since: datetime, until: datetime | None = None) -> dict[str, int]:
        """article id -> number of events of these kinds in [since, until); articles without any are left out."""

    def daily(
        self, since: datetime, until: datetime | None = None, kinds: Collection[str] = EVENT_KINDS
    ) -> list[DailyCount]:
        """Events of ``kinds`` in [since, until) per article, kind and day."""

    def stale_copies(self, since: datetime, until: datetime) -> dict[str, int]:
        """article id -> how often it was copied in [since, until) while it was expired or stale."""

    def recent(self, kinds: Collection[str], since: datetime) -> list[Event]:
        """The events themselves, latest first."""

    def outdated_votes(self, since: datetime, until: datetime) -> list[Event]:
        """The votes that an article is outdated in [since, until], the latest first."""

    def copied_stale_ids(self, since: datetime, until: datetime) -> frozenset[str]:
        """The articles that were copied in [since, until] while they were expired or stale."""

    def copied_stale(self, since: Mapping[str, datetime], until: datetime) -> dict[str, StaleCopies]:
        """The same copies counted for some articles, of each those later than ``since``; one query for all."""

    def evidence(self, since: datetime, senders: int) -> Evidence:
        """What was chosen for queries that at least ``senders`` visitors have asked; never for personal ones."""

    def purge(self, before: datetime) -> int:
        """Forget what is older; return how many events that was."""
