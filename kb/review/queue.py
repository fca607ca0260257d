"""The review queue: every published article that needs a reviewer, the riskiest first."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from sys import intern

from kb.model import Article, Signal, State
from kb.ports.catalog import Catalog
from kb.ports.events import EventLog
from kb.ports.signals import NoSignals, Signals
from kb.review.articles import ReviewedArticles, Subjects
from kb.review.evidence import Evidence, Found
from kb.review.exposure import exposure_of
from kb.review.queue_page import EVERYTHING, QueueFilter, QueuePage, ReviewItem, page_of
from kb.rules.freshness import Policy, assess, misdated

__all__ = ["EVERYTHING", "QueueFilter", "QueuePage", "ReviewItem", "ReviewQueue"]


@dataclass(frozen=True, slots=True)
class _Basis:
    """All that a row depends on besides the day and the top list."""

    article: Article
    minutes: float
    exposure: int
    against: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What needs review on a day; ``number`` and ``edition`` name what else it depends on. ``rows``: by article, None
    for those that need none; ``items``: the others, in order.
    """

    as_of: date
    top_ids: frozenset[str]
    edition: int = -1
    number: int = -1
    rows: Mapping[str, tuple[_Basis, ReviewItem | None]] = field(default_factory=dict)
    items: tuple[ReviewItem, ...] = ()


class ReviewQueue:
    """Finds what needs review and puts it in order; thread-safe.

    Articles are followed as they change, so that a verdict is seen at once. What they do not tell, use and signals, is
    counted again after ``recount_after``, and after ``forget``. A page costs a fixed number of statements, however many
    articles there are.
    """

    def __init__(
        self,
        catalog: Catalog,
        events: EventLog,
        policy: Policy,
        signals: Signals | None = None,
        recount_after: timedelta = timedelta(0),
    ) -> None:
        self._articles, self._policy = ReviewedArticles(catalog), policy
        self._evidence = Evidence(events, signals or NoSignals(), recount_after)
        self._judged = _Judged(date.min, frozenset())
        self._todays: tuple[ReviewItem, ...] = ()
        self._lock = threading.Lock()

    def items(
        self, as_of: date, now: datetime, top_ids: Collection[str] = (), owner: str | None = None
    ) -> list[ReviewItem]:
        """The whole queue on the day ``as_of``, of one owner or of all. Else as ``page``."""
        wanted = EVERYTHING if owner is None else QueueFilter(owners=frozenset([owner]))
        return list(self.page(as_of, now, top_ids, wanted).items)

    def page(
        self,
        as_of: date,
        now: datetime,
        top_ids: Collection[str] = (),
        wanted: QueueFilter = EVERYTHING,
        limit: int | None = None,
        offset: int = 0,
    ) -> QueuePage:
        """At most ``limit`` of what is ``wanted`` in the queue on the day ``as_of``, after the first ``offset``.

        ``top_ids`` are reviewed at the shorter interval. Order: exposure × days overdue, then expired first, then id.
        Exposure is what the 28 days before ``now`` (an aware datetime) saw, whatever ``as_of`` is. Raises QueryError
        for departments and places that no article has.
        """
        with self._lock:
            subjects = self._articles.now()
            found = self._evidence.found(as_of, subjects.edition, now)
            if (as_of, frozenset(top_ids)) != (self._judged.as_of, self._judged.top_ids):
                self._judged = _Judged(as_of, frozenset(top_ids))
            if (subjects.edition, found.number) != (self._judged.edition, self._judged.number):
                self._judged = self._judge(subjects, found, self._judged, now.date())
            items = self._judged.items
            if as_of == now.date():
                self._todays = items
        return page_of(items, as_of, wanted, subjects, limit, offset)

    def owners(self) -> frozenset[str]:
        """The departments that have articles, be they drafts."""
        with self._lock:
            return self._articles.now().owners

    def last_judged(self) -> Sequence[ReviewItem]:
        """The whole queue of today as it was when somebody last asked for it; from memory, and empty before."""
        return self._todays

    def forget(self) -> None:
        """Count use and look for signals anew: somebody has just settled or given a reason to review."""
        with self._lock:  # what is being counted now may have begun before
            self._evidence.forget()

    def _judge(self, subjects: Subjects, found: Found, before: _Judged, today: date) -> _Judged:
        """The list as it is now; rows that ``before`` has on the same basis are taken from there."""
        rows: dict[str, tuple[_Basis, ReviewItem | None]] = {}
        for article in subjects.articles:
            i = article.id
            slip = misdated(article, today)
            against = (*found.signals.get(i, ()), *([slip] if slip else []))
            basis = _Basis(article, subjects.minutes[i], exposure_of(article, found.uses), against)
            known = before.rows.get(i)
            rows[i] = known if known and known[0] == basis else (basis, self._row(basis, before.as_of, before.top_ids))
        items = (item for _, item in rows.values() if item)
        return replace(
            before, edition=subjects.edition, number=found.number, rows=rows, items=tuple(sorted(items, key=_order))
        )

    def _row(self, basis: _Basis, as_of: date, top_ids: frozenset[str]) -> ReviewItem | None:
        """A signal makes an article overdue from the day on which it arose, that day included."""
        article, against = basis.article, basis.against
        freshness = assess(article, self._policy, as_of, article.id in top_ids)
        if not against and freshness.state is State.FRESH:
            return None
        return ReviewItem(
            id=article.id,
            title=article.title,
            product=article.product.title,
            scenario=article.scenario.title,
            place=intern(article.scenario_path),
            owner=article.owner,
            state=freshness.state,
            reasons=(*freshness.reasons, *(signal.text for signal in against)),
            updated=article.updated,
            verified=article.verified,
            due=freshness.due,
            days_overdue=max([freshness.days_overdue, *((as_of - signal.since).days + 1 for signal in against)]),
            exposure=basis.exposure,
            minutes=basis.minutes,
            signals=against,
        )


def _order(item: ReviewItem) -> tuple[int, bool, str]:
    return (-item.risk, item.state != State.EXPIRED, item.id)
