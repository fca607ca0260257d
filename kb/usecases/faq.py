"""The FAQ panel: which articles helped most lately, ranked now and then, served from memory.

Ranking reads every article and weeks of events, so no request ever does it. What a request gets is the last
ranking with the articles as they were when it was loaded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from itertools import chain, islice

from kb.model import Article, ArticleRecord, FaqItem, FaqPanel, Freshness
from kb.ports.catalog import ServedArticles
from kb.ports.events import DailyCount, EventLog
from kb.ports.store import FaqSnapshot, FaqSnapshots
from kb.rules import faq_score
from kb.rules.freshness import Policy, assess, is_valid
from kb.usecases.audience import is_public

TOP = 200
LOOK_BACK = timedelta(days=180)  # older use counts less than 0.02 %


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What requests get: the articles of the last ranking, best first, with their freshness."""

    number: int = 0
    as_of: str = ""
    entries: tuple[tuple[ArticleRecord, Freshness], ...] = ()
    ids: frozenset[str] = frozenset()
    demand: Mapping[str, float] = field(default_factory=dict)


class FaqPanels:
    """Ranks, remembers and serves ``articles``. ``now`` is an aware datetime whose date decides what is valid.

    ``published``: all of them from memory, bodies may be missing; else they are read one by one.
    """

    def __init__(
        self,
        articles: ServedArticles,
        events: EventLog,
        snapshots: FaqSnapshots,
        policy: Policy,
        published: Callable[[], Iterable[ArticleRecord]] | None = None,
    ) -> None:
        self._articles, self._published = articles, published or articles.records
        self._events = events
        self._snapshots = snapshots
        self._policy = policy
        self._loaded = _Loaded()

    def rebuild(self, now: datetime) -> FaqSnapshot:
        """Rank anew, serve the ranking and store it."""
        snapshot = self._rank(now)
        self._serve(snapshot, now)
        self._snapshots.save(snapshot)
        return snapshot

    def reload(self, now: datetime) -> None:
        """Serve the stored ranking with the articles as they are now; a new one if nothing was stored yet."""
        snapshot = self._snapshots.latest()
        self._serve(snapshot if snapshot and snapshot.ranking else self._rank(now), now)

    def panel(self, channel: str | None = None, limit: int = TOP) -> FaqPanel:
        """The best ``limit`` articles for ``channel`` with its scripts; from memory only."""
        loaded = self._loaded
        chosen = [entry for entry in loaded.entries if channel in (None, *entry[0].article.channels)]
        items = (
            FaqItem(rank, record, freshness, record.article.script_for(channel))
            for rank, (record, freshness) in enumerate(chosen[:limit], start=1)
        )
        return FaqPanel(loaded.as_of, tuple(items))

    def number(self) -> int:
        """Another one whenever panels may differ from those before."""
        return self._loaded.number

    def top_ids(self) -> frozenset[str]:
        """The articles in the panel, which are reviewed more often than others."""
        return self._loaded.ids

    def demand(self, article_id: str) -> float:
        """How much an article is asked for, from 0 to 1; 0 for those that are not in the panel."""
        return self._loaded.demand.get(article_id, 0.0)

    def _rank(self, now: datetime) -> FaqSnapshot:
        """The top 200, and after them what it takes for a top 200 of public articles."""
        points = points_at(now, self._events.daily(now - LOOK_BACK, kinds=faq_score.EVENT_WEIGHTS))
        ranked = sorted(
            (faq_score.order(record.article, points.get(record.article.id, 0.0)), is_public(record.article))
            for record in self._published()
            if is_eligible(record.article, now.date())
        )
        public = islice((key for key, for_all in ranked if for_all), TOP)
        ids = dict.fromkeys(key[-1] for key in chain((key for key, _ in ranked[:TOP]), public))
        return FaqSnapshot(now, tuple((article_id, points.get(article_id, 0.0)) for article_id in ids))

    def _serve(self, snapshot: FaqSnapshot, now: datetime) -> None:
        records = self._articles.get_many(article_id for article_id, _ in snapshot.ranking)
        eligible = (
            (record, assess(record.article, self._policy, now.date(), in_top=True))
            for article_id, _ in snapshot.ranking
            if (record := records.get(article_id)) and is_eligible(record.article, now.date())
        )
        entries = tuple(islice(eligible, TOP))
        as_of = snapshot.as_of.astimezone(timezone.utc).isoformat(timespec="seconds")
        points = dict(snapshot.ranking)
        demand = {r.article.id: faq_score.demand(r.article, points[r.article.id]) for r, _ in entries}
        self._loaded = _Loaded(
            self._loaded.number + 1, as_of, entries, frozenset(demand), demand
        )  # one assignment: requests see the old one or the new one


def points_at(moment: datetime, daily: Iterable[DailyCount]) -> dict[str, float]:
    """article id -> score at ``moment``, by what was done with it in the ``LOOK_BACK`` before."""
    today = moment.astimezone(timezone.utc).date()
    uses: dict[str, list[tuple[str, float, int]]] = defaultdict(list)
    for use in daily:
        uses[use.article_id].append((use.kind, (today - use.day).days, use.count))
    return {article_id: faq_score.score(of_article) for article_id, of_article in uses.items()}


def is_eligible(article: Article, day: date) -> bool:
    """Published and valid on the day."""
    return article.status == "published" and is_valid(article, day)
