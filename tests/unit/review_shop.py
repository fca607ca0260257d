"""The review queue over a real store, for tests: articles go in, use happens, rows come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from kb.model import Article, Signal
from kb.ports.catalog import FileVersion
from kb.ports.events import Event
from kb.review.queue import EVERYTHING, QueueFilter, QueuePage, ReviewQueue
from kb.rules.freshness import Policy
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.events import EventLog
from tests.unit.article_factory import make_article

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)
TODAY = date(2026, 11, 21)


class Against:
    """Signals that the test puts there, whatever the day."""

    def __init__(self) -> None:
        self.signals: dict[str, Sequence[Signal]] = {}

    def found(self, as_of: date, now: datetime) -> Mapping[str, Sequence[Signal]]:
        """All that were put there."""
        return dict(self.signals)


class Shop(NamedTuple):
    """What the queue is made of, and the queue."""

    database: Database
    catalog: Catalog
    events: EventLog
    against: Against
    queue: ReviewQueue

    def put(self, *articles: Article) -> None:
        """Serve these in place of earlier ones with the same ids."""
        versions = [FileVersion(f"{article.id}.md", 1, 1, "r", "", article) for article in articles]
        self.catalog.apply(versions, [], "")

    def use(self, article_id: str, kind: str, times: int = 1, days_ago: int = 0) -> None:
        """Let something happen with an article."""
        for _ in range(times):
            self.events.record(Event(NOW - timedelta(days=days_ago), kind, article_id))

    def page(self, wanted: QueueFilter = EVERYTHING, limit: int | None = None, offset: int = 0) -> QueuePage:
        """The queue of today, narrowed down."""
        return self.queue.page(TODAY, NOW, (), wanted, limit, offset)

    def ids(self, as_of: date = TODAY, owner: str | None = None) -> list[str]:
        """What is in the queue."""
        return [item.id for item in self.queue.items(as_of, NOW, owner=owner)]


def open_shop(folder: Path, recount_after: timedelta = timedelta(0)) -> Shop:
    """An empty one with its database in ``folder``."""
    database, against = Database(folder / "zhida.db"), Against()
    catalog, events = Catalog(database), EventLog(database)
    queue = ReviewQueue(catalog, events, Policy(), against, recount_after)
    return Shop(database, catalog, events, against, queue)


def verified(article_id: str, days_ago: int, **fields: object) -> Article:
    """An article that was confirmed so many days ago."""
    return make_article(article_id, verified=TODAY - timedelta(days=days_ago), **fields)
