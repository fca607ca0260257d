"""What reviewers and owners ask about freshness."""

from __future__ import annotations

from datetime import date

from kb.errors import QueryError
from kb.model import Caller, Right
from kb.review.queue_page import EVERYTHING, QueueFilter, QueuePage
from kb.review.worklist import Worklist, worklist_of
from kb.rules.access import may, require
from kb.system import System

#: minutes; nobody reviews longer than a working day
LONGEST_REVIEW = 480


class ReviewDesk:
    """The review queue, and what of it fits into an hour."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def page(
        self,
        wanted: QueueFilter = EVERYTHING,
        as_of: date | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> QueuePage:
        """What needs a reviewer today, or on another day, riskiest first. Raises QueryError as ``ReviewQueue.page``."""
        require(self._caller, Right.READ_INTERNAL)
        system = self._system
        return system.queue.page(
            as_of or system.today(), system.now(), system.snapshots.top_ids(), wanted, limit, offset
        )

    def worklist(self, minutes: int, wanted: QueueFilter = EVERYTHING, as_of: date | None = None) -> Worklist:
        """What of it to look at in so many minutes. Raises QueryError, also for other than 1 to 480 minutes."""
        if not 1 <= minutes <= LONGEST_REVIEW:
            raise QueryError(f"复核时间须在 1 到 {LONGEST_REVIEW} 分钟之间，收到的是 {minutes}。")
        return worklist_of(self.page(wanted, as_of).items, minutes)

    def waiting(self) -> int:
        """How many articles the caller could review, as of when somebody last looked at the queue: costs nothing."""
        return sum(may(self._caller, Right.REVIEW, item.owner) for item in self._system.queue.last_judged())

    def mine(self) -> frozenset[str] | None:
        """For ``QueueFilter.owners``: the caller's departments that have articles; None for who deals with all."""
        owners = self._caller.owners
        return None if owners is None else owners & self._system.queue.owners()
