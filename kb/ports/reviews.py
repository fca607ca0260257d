"""PORT reviews: what reviewers said. ``kb.store.reviews`` implements it. Every call may raise StoreError."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kb.model import Review, Verdict, Via


@dataclass(frozen=True, slots=True)
class NewReview:
    """A verdict about to be given, with ``kb.model.Review``'s words; ``undoes``: the number of one of its kind that is
    taken back instead.
    """

    at: datetime
    article_id: str
    verdict: Verdict
    user: str
    via: Via
    note: str
    revision: str
    undoes: int | None = None

    @property
    def action(self) -> str:
        """What the audit log calls it."""
        return "review.undo" if self.undoes else f"review.{self.verdict.value}"


class Reviews(Protocol):
    """The verdicts that stand: those taken back and those whose file was never written are not among them.

    What a verdict writes into a file travels with the edit (``kb.ports.history.Edit``); others are added here. An
    article's reviews are also those under the ids that it had before.
    """

    def add(self, new: NewReview) -> bool:
        """Write down one that changes no file, and the entry of the audit log with it.

        False, and nothing is written: what it takes back does not stand any more.
        """

    def get(self, number: int) -> Review | None:
        """The one with this number, if it stands."""

    def between(self, since: datetime, until: datetime) -> list[Review]:
        """Those given in [since, until), the latest first."""

    def of(self, article_id: str) -> list[Review]:
        """Those on one article, the latest first."""

    def sent_back(self) -> Mapping[str, Review]:
        """article id -> the ``revise`` that no later verdict has settled; one query for all articles."""

    def completed(self, since: datetime) -> int:
        """How many verdicts since then were completed by a scan, in place of a program that was killed."""
