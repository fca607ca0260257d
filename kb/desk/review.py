"""What reviewers and owners ask and do about freshness."""

from __future__ import annotations

from datetime import date

from kb.model import Caller, Right
from kb.review.queue import ReviewItem
from kb.rules.access import require
from kb.system import System


class ReviewDesk:
    """The review queue, verdicts, what was sent back."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def queue(self, as_of: date | None = None, owner: str | None = None) -> tuple[date, list[ReviewItem]]:
        """What needs a reviewer, riskiest first, and the day it holds for. Raises QueryError for an unknown owner."""
        require(self._caller, Right.READ_INTERNAL)
        system = self._system
        system.snapshots.current()  # which articles are in the panel decides how often they are due
        as_of = as_of or system.today()
        return as_of, system.queue.items(as_of, system.now(), system.snapshots.panels.top_ids(), owner)
