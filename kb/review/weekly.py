"""The weekly report: what the house's knowledge looked like when a week ended, and what happened in it.

An ended week is computed from the history once and stored; later readers get what was stored then. The running week is
computed when it is asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from kb.content.reader import ArticleFiles
from kb.errors import QueryError, StoreError
from kb.model import Article
from kb.ports.history import History
from kb.ports.reviews import Reviews
from kb.ports.store import Catalog, EventLog, FaqSnapshots, GapLog, QueryLog
from kb.ports.weekly import WeeklySnapshots
from kb.review import weekly_figures as figures
from kb.review.past_articles import PastArticles, Then
from kb.review.weekly_changes import changed_articles, counted
from kb.rules import faq_score
from kb.rules.freshness import Policy
from kb.rules.weeks import Week
from kb.shapes.reports import ChangedArticle, Use, WeekFigures, WeeklyReport, WeekReport
from kb.usecases.faq import LOOK_BACK, TOP, is_eligible, points_at

log = logging.getLogger(__name__)

#: weeks of a trend, this one included: what was a year ago is seen beside it
TREND = 53
_EXPOSURE_WINDOW = timedelta(days=28)
#: a change that was begun in the week is confirmed by then, and what agents did has been written down
_SETTLED = timedelta(minutes=10)
_MOST_USED = 20


@dataclass(frozen=True, slots=True)
class WeeklySources:
    """What a report is made from."""

    history: History
    catalog: Catalog
    files: ArticleFiles
    reviews: Reviews
    events: EventLog
    queries: QueryLog
    gaps: GapLog
    rankings: FaqSnapshots


class WeeklyReports:
    """``now`` gives an aware datetime, ``zone`` is where weeks begin, ``kept_days`` how long use is remembered."""

    def __init__(
        self,
        sources: WeeklySources,
        snapshots: WeeklySnapshots,
        policy: Policy,
        zone: tzinfo,
        now: Callable[[], datetime],
        kept_days: int,
    ) -> None:
        self._sources, self._snapshots, self._policy = sources, snapshots, policy
        self._zone, self._now, self._kept = zone, now, timedelta(days=kept_days)

    def current_week(self) -> Week:
        """The one that is running."""
        return Week.of(self._now().astimezone(self._zone).date())

    def first_week(self) -> Week | None:
        """The first that something is known of; None: there is no history yet."""
        began = self._sources.history.began()
        return None if began is None else Week.of(began.astimezone(self._zone).date())

    def report(self, week: Week | None = None) -> WeeklyReport:
        """The report of a week, by default of the running one, with up to a year of weeks before it.

        That of an ended week is stored if it wasn't. Raises QueryError for a week ahead or before the history began.
        """
        week = week or self.current_week()
        self._check(week)
        report = self._snapshots.get(str(week)) or self._made(week)
        first = Week.of(week.monday - timedelta(weeks=TREND - 1))
        before = self._snapshots.figures(str(first), str(week.previous()))
        return WeeklyReport(**report, names=True, trend=[*before, report["figures"]])

    def store_ended(self, most: int = TREND) -> int:
        """Make and store up to ``most`` of what is missing of the past year, the latest first; return how many."""
        missing = self._missing()[:most]
        for week in missing:
            self._made(week)
        return len(missing)

    def computed(self, week: Week) -> WeekReport:
        """The report of a week as the history tells it now, whatever is stored."""
        ended = week < self.current_week()
        end = week.end(self._zone) if ended else self._now()
        day = week.sunday if ended else end.astimezone(self._zone).date()
        return _Computation(self._sources, self._policy, week, week.start(self._zone), end, day, ended).report(
            self._notes(week)
        )

    # --- inside

    def _made(self, week: Week) -> WeekReport:
        """Computed, and stored once nothing can come to the week any more."""
        report = self.computed(week)
        if not self._is_settled(week):
            return report
        try:
            self._snapshots.save(report, self._now())
        except StoreError as error:  # a full disk keeps nobody from reading
            log.warning("%s 的周报没有存下，下次再存：%s", week, error)
        return self._snapshots.get(str(week)) or report  # another process may have been first

    def _missing(self) -> list[Week]:
        """The weeks of the past year that have ended and are not stored, the latest first."""
        first, week = self.first_week(), self.current_week()
        if first is None:
            return []
        earliest = max(first, Week.of(week.monday - timedelta(weeks=TREND)))
        stored = {row["week"] for row in self._snapshots.figures(str(earliest), str(week))}
        missing = []
        while week > earliest:
            week = week.previous()
            if str(week) not in stored and self._is_settled(week):
                missing.append(week)
        return missing

    def _is_settled(self, week: Week) -> bool:
        return week.end(self._zone) + _SETTLED <= self._now()

    def _check(self, week: Week) -> None:
        current, first = self.current_week(), self.first_week() or self.current_week()
        if week > current:
            raise QueryError(f"{week} 还没有到；现在是 {current}。")
        if week < first:
            raise QueryError(f"历史从 {first.monday:%Y-%m-%d} 那一周（{first}）开始，更早的 {week} 没有留底。")

    def _notes(self, week: Week) -> list[str]:
        """What can't be known of the week."""
        began = self._sources.history.began()
        start = week.start(self._zone)
        notes = []
        if began is None:
            notes.append("还没有任何历史记录，这一周的改动看不到。")
        elif began >= start:
            notes.append(f"历史从 {began.astimezone(self._zone):%Y-%m-%d %H:%M} 开始，这一周在那之前的改动没有留底。")
        if start < self._now() - self._kept:
            notes.append(f"使用记录只保留 {self._kept.days} 天，这一周的搜索、浏览和复制次数可能不全。")
        return notes


@dataclass(frozen=True, slots=True)
class _Computation:
    """One week, [start, end), judged on ``day``."""

    sources: WeeklySources
    policy: Policy
    week: Week
    start: datetime
    end: datetime
    day: date
    ended: bool

    def report(self, notes: list[str]) -> WeekReport:
        """Everything; ``notes`` may get one more."""
        then, changed = self._articles()
        top = self._top(then.articles)
        standing = figures.judged(then.articles.values(), self.policy, self.day, top)
        known = {name: a for a in then.articles.values() for name in (*a.former_ids, a.id)}
        reviews = self.sources.reviews.between(self.start, self.end)
        uses = self.sources.events.totals(self.start, self.end)
        stale_copies = self.sources.events.stale_copies(self.start, self.end)
        exposure = self.sources.events.totals(self.end - _EXPOSURE_WINDOW, self.end)
        if then.unreadable:
            notes = [*notes, f"{then.unreadable} 条知识当时的内容按现在的格式读不出来，没有计入。"]
        return WeekReport(
            week=str(self.week),
            first_day=str(self.week.monday),
            last_day=str(self.week.sunday),
            as_of=str(self.day),
            ended=self.ended,
            notes=notes,
            figures=WeekFigures(
                week=str(self.week),
                articles=len(standing),
                states=figures.states(standing),
                backlog=figures.backlog(standing, exposure),
                median_days=figures.median_days(standing, self.day),
                top=figures.coverage(standing, top, self.week.monday, self.week.sunday),
                reviews=figures.verdicts(reviews),
                changes=counted(changed),
                use=self._use(uses, stale_copies),
            ),
            owners=figures.by_owner(standing, reviews, known, self.day),
            reviewers=figures.by_reviewer(reviews),
            most_used=figures.most_used(uses, known, standing, _MOST_USED),
            copied_stale=figures.copied_stale(stale_copies, uses, known, standing),
            changed=changed,
        )

    def _articles(self) -> tuple[Then, list[ChangedArticle]]:
        """As they stood at the end, and what has changed. What was there when the history began is not new."""
        past = PastArticles(self.sources.history, self.sources.catalog, self.sources.files)
        then, began = past.at(self.end), self.sources.history.began()
        since = self.start if began is None or began < self.start else began + timedelta(milliseconds=1)
        edits = self.sources.history.between(since, self.end)
        before = past.at(since).articles if edits else {}
        return then, changed_articles(before, then.articles, edits)

    def _top(self, articles: Mapping[str, Article]) -> frozenset[str]:
        """The FAQ panel: of an ended week ranked by what was used before its end, else as it was ranked last."""
        if self.ended:
            points = points_at(self.end, self.sources.events.daily(self.end - LOOK_BACK, self.end))
        else:
            latest = self.sources.rankings.latest()
            points = dict(latest.ranking) if latest else {}
        eligible = (article for article in articles.values() if is_eligible(article, self.policy, self.day))
        ranked = sorted(faq_score.order(article, points.get(article.id, 0.0)) for article in eligible)
        return frozenset(key[-1] for key in ranked[:TOP])

    def _use(self, uses: figures.Totals, stale_copies: Mapping[str, int]) -> Use:
        searches, failed = self.sources.queries.counts(self.start, self.end)
        return Use(
            searches=searches,
            failed=failed,
            gap_reports=sum(gap.at < self.end for gap in self.sources.gaps.recent(self.start)),
            views=sum(counts.get("view", 0) for counts in uses.values()),
            copies=sum(counts.get("copy", 0) for counts in uses.values()),
            copied_stale=sum(stale_copies.values()),
        )
