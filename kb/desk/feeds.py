"""What calendars and feed readers are told of reviews, for whoever may see the review queue."""

from __future__ import annotations

from datetime import datetime

from kb.desk.review import ReviewDesk
from kb.model import Caller
from kb.review.feeds import DueDay, News, due_days, news
from kb.review.queue import QueueFilter, QueuePage
from kb.system import System


class FeedsDesk:
    """Days on which something is due, and what has newly come up. Raises QueryError for an unknown owner."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._review = system, ReviewDesk(system, caller)

    def now(self) -> datetime:
        """By the service's clock; aware."""
        return self._system.now()

    def due_days(self, owner: str | None = None) -> list[DueDay]:
        """Today and the days of the next year on which the owner's articles are due."""
        page, snapshots = self._page(owner), self._system.snapshots
        published = (
            record
            for record in self._system.catalog.records()
            if record.article.status == "published" and owner in (None, record.article.owner)
        )
        judged = ((record.article, snapshots.freshness(record, page.as_of)) for record in published)
        return due_days(page.items, judged, page.as_of)

    def news(self, owner: str | None = None) -> list[News]:
        """What has newly come up about the owner's articles, the latest first."""
        page = self._page(owner)
        records = self._system.catalog.get_many([item.id for item in page.items])
        return news(page.items, {i: record.article for i, record in records.items()}, page.as_of)

    def _page(self, owner: str | None) -> QueuePage:
        return self._review.page(QueueFilter.of(owner=owner))
