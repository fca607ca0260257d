"""One week computed from what is written down: revisions, events, searches, reviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kb.content.reader import ArticleFiles
from kb.model import Article
from kb.ports.catalog import Catalog
from kb.ports.events import EventLog
from kb.ports.history import History
from kb.ports.reviews import Reviews
from kb.ports.store import FaqSnapshots, GapLog, QueryLog
from kb.reports import figures
from kb.reports.changes import changed_articles, counted
from kb.reports.past_articles import PastArticles, Then
from kb.review.exposure import recent_uses
from kb.rules import faq_score
from kb.rules.freshness import Policy
from kb.rules.weeks import Week
from kb.shapes.reports import ChangedArticle, Use, WeekFigures, WeekReport
from kb.usecases.faq import LOOK_BACK, TOP, is_eligible, points_at

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


@dataclass(frozen=True, slots=True)
class WeekComputation:
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
        known = {former: a for a in then.articles.values() for former in a.former_ids} | dict(then.articles)
        reviews = self.sources.reviews.between(self.start, self.end)
        views, copies, stale_copies = (figures.by_present_id(counts, known) for counts in self._counts())
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
                backlog=figures.backlog(standing, recent_uses(self.sources.events, self.end, self.end)),
                median_days=figures.median_days(standing, self.day),
                top=figures.coverage(standing, top, self.week.monday, self.week.sunday),
                reviews=figures.verdicts(reviews),
                changes=counted(changed),
                use=self._use(views, copies, stale_copies),
            ),
            owners=figures.by_owner(standing, reviews, known, self.day),
            reviewers=figures.by_reviewer(reviews),
            most_used=figures.most_used(copies, views, known, standing, _MOST_USED),
            copied_stale=figures.copied_stale(stale_copies, views, known, standing),
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
            kinds = faq_score.EVENT_WEIGHTS
            points = points_at(self.end, self.sources.events.daily(self.end - LOOK_BACK, self.end, kinds))
        else:
            latest = self.sources.rankings.latest()
            points = dict(latest.ranking) if latest else {}
        eligible = (article for article in articles.values() if is_eligible(article, self.day))
        ranked = sorted(faq_score.order(article, points.get(article.id, 0.0)) for article in eligible)
        return frozenset(key[-1] for key in ranked[:TOP])

    def _counts(self) -> tuple[figures.Counts, figures.Counts, figures.Counts]:
        """Views, copies, and of these the ones of expired or stale answers."""
        events, week = self.sources.events, (self.start, self.end)
        return events.uses(("view",), *week), events.uses(("copy",), *week), events.stale_copies(*week)

    def _use(self, views: figures.Counts, copies: figures.Counts, stale_copies: figures.Counts) -> Use:
        searches, failed = self.sources.queries.counts(self.start, self.end)
        return Use(
            searches=searches,
            failed=failed,
            gap_reports=sum(gap.at < self.end for gap in self.sources.gaps.recent(self.start)),
            views=sum(views.values()),
            copies=sum(copies.values()),
            copied_stale=sum(stale_copies.values()),
        )
