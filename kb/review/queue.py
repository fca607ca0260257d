"""The review queue: every published article that needs a reviewer, the riskiest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kb.errors import QueryError
from kb.model import Article, Freshness, Signal, State
from kb.ports.signals import NoSignals, Signals
from kb.ports.store import Catalog, EventLog
from kb.rules.freshness import Policy, assess

_EXPOSURE_WINDOW = timedelta(days=28)
_EXPOSING_KINDS = ("view", "copy")


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One row of the queue. ``product`` and ``scenario`` are titles; ``exposure`` counts views and copies; ``signals``:
    what speaks against it besides its dates, also told in ``reasons``.
    """

    id: str
    title: str
    product: str
    scenario: str
    owner: str | None
    state: State
    reasons: tuple[str, ...]
    updated: date | None
    verified: date | None
    due: date | None
    days_overdue: int
    exposure: int
    signals: tuple[Signal, ...] = ()


class ReviewQueue:
    """Finds what needs review and puts it in order."""

    def __init__(self, catalog: Catalog, events: EventLog, policy: Policy, signals: Signals | None = None) -> None:
        self._catalog, self._events, self._policy = catalog, events, policy
        self._signals = signals or NoSignals()

    def items(
        self, as_of: date, now: datetime, top_ids: Collection[str] = (), owner: str | None = None
    ) -> list[ReviewItem]:
        """The queue on the day ``as_of``, of one owner or of all.

        ``top_ids`` are reviewed at the shorter interval. Order: exposure × days overdue, then expired first,
        then id. Exposure is what the 28 days before ``now`` (an aware datetime) saw, whatever ``as_of`` is.
        Raises QueryError for an owner who has no article.
        """
        exposure, signals = self._exposure(now - _EXPOSURE_WINDOW), self._signals.found(as_of, now)
        items = []
        for article in self._published(owner):
            freshness = assess(article, self._policy, as_of, article.id in top_ids)
            against = signals.get(article.id, ())
            if against or freshness.state != State.FRESH:
                items.append(_item(article, freshness, against, exposure.get(article.id, 0), as_of))
        return sorted(items, key=_risk)

    def _published(self, owner: str | None) -> Iterator[Article]:
        """The owner's articles; that nobody has this name is known at the end."""
        owners = set()
        for record in self._catalog.records():
            owners.add(record.article.owner)
            if record.article.status == "published" and owner in (None, record.article.owner):
                yield record.article
        if owner not in {None, *owners}:
            known = "、".join(sorted(filter(None, owners))[:20])
            raise QueryError(f"没有名为“{owner}”的业务部门。现有：{known or '（空）'}。")

    def _exposure(self, since: datetime) -> dict[str, int]:
        return {
            article_id: sum(counts.get(kind, 0) for kind in _EXPOSING_KINDS)
            for article_id, counts in self._events.totals(since).items()
        }


def _item(article: Article, freshness: Freshness, signals: Sequence[Signal], exposure: int, as_of: date) -> ReviewItem:
    """A signal makes an article overdue from the day on which it arose, that day included."""
    days = max([freshness.days_overdue, *((as_of - signal.since).days + 1 for signal in signals)])
    return ReviewItem(
        id=article.id,
        title=article.title,
        product=article.product.title,
        scenario=article.scenario.title,
        owner=article.owner,
        state=freshness.state,
        reasons=(*freshness.reasons, *(signal.text for signal in signals)),
        updated=article.updated,
        verified=article.verified,
        due=freshness.due,
        days_overdue=days,
        exposure=exposure,
        signals=tuple(signals),
    )


def _risk(item: ReviewItem) -> tuple[int, bool, str]:
    return (-item.exposure * item.days_overdue, item.state != State.EXPIRED, item.id)
