"""What reviewers say of articles, what owners are told of it, how far the week's reviews are: as the caller may."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from kb.errors import ArticleNotFound, QueryError
from kb.model import ArticleRecord, Caller, Review, Right, Verdict
from kb.review.guard import MOST_AT_ONCE, alarm
from kb.review.progress import Progress
from kb.review.queue import ReviewItem
from kb.review.sent_back import SentBack
from kb.review.verdicts import Outcome
from kb.rules.access import covers, require
from kb.rules.weeks import Week
from kb.system import System


@dataclass(frozen=True, slots=True)
class Planned:
    """What a bulk confirmation would do with one article: confirm the file ``revision``, or leave it out, ``trouble``
    says why.
    """

    article_id: str
    title: str
    revision: str = ""
    trouble: str = ""


class VerdictDesk:
    """Raises what ``kb.review.verdicts.Verdicts`` raises; the audit log is written together with each verdict."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller
        self._verdicts = system.editing.verdicts

    def give(self, article_id: str, verdict: Verdict, note: str = "", expected: str | None = None) -> Outcome:
        """Let a verdict stand; ``expected``: revision of the file that was judged, None: as it is now."""
        try:
            return self._verdicts.give(self._caller, article_id, verdict, note, expected)
        finally:
            self._system.queue.forget()

    def confirm_many(self, seen: Mapping[str, str], note: str = "", even_if_flagged: bool = False) -> list[Outcome]:
        """Confirm several at once; ``seen``: article id -> revision that was judged. Each has an outcome of its own.

        What needs a closer look (``kb.review.guard``) is left out unless ``even_if_flagged``. Raises QueryError for
        more than MOST_AT_ONCE.
        """
        require(self._caller, Right.REVIEW)
        if len(seen) > MOST_AT_ONCE:
            raise QueryError(f"一次最多批量确认 {MOST_AT_ONCE} 条，现在选了 {len(seen)} 条；请分几次，每条都要看过。")
        left_out = {} if even_if_flagged else self._alarms(seen)
        try:
            return self._verdicts.confirm_many(self._caller, seen, left_out, note)
        finally:
            self._system.queue.forget()

    def plan(self, article_ids: Sequence[str]) -> list[Planned]:
        """What ``confirm_many`` would do, before it is done."""
        require(self._caller, Right.REVIEW)
        alarms, records = self._alarms(frozenset(article_ids)), self._system.catalog.get_many(article_ids)
        return [self._planned(i, records.get(i), alarms.get(i, "")) for i in dict.fromkeys(article_ids)]

    def _planned(self, article_id: str, record: ArticleRecord | None, alarm: str) -> Planned:
        if record is None or record.article.status != "published":
            return Planned(article_id, article_id, trouble="没有这条知识，可能刚被归档或删除。")
        article = record.article
        if not covers(self._caller, article.owner):
            trouble = f"属于“{article.owner or '未指定部门'}”，不归你负责。"
            return Planned(article_id, article.title, trouble=trouble)
        return Planned(article_id, article.title, record.revision, alarm)

    def undo(self, number: int) -> Review:
        """Take back the latest verdict on an article; returns what was taken back."""
        try:
            return self._verdicts.undo(self._caller, number)
        finally:
            self._system.queue.forget()

    def of(self, article_id: str) -> list[Review]:
        """The verdicts that stand on an article, the latest first. Raises ArticleNotFound."""
        require(self._caller, Right.READ_INTERNAL)
        record = self._system.catalog.find(article_id)
        if record is None:
            raise ArticleNotFound(article_id)
        return self._system.reviews.of(record.article.id)

    def standing(self, number: int) -> tuple[Review, str] | None:
        """A verdict, and what its article is called; None when it was taken back or never given."""
        require(self._caller, Right.READ_INTERNAL)
        review = self._system.reviews.get(number)
        record = self._system.catalog.find(review.article_id) if review else None
        return (review, record.article.title) if review and record else None

    def listed(self, article_id: str | None = None, since: date | None = None) -> list[Review]:
        """The verdicts that stand, the latest first: on one article or on all, of all times or from a day on."""
        now = self._system.now()
        begin = datetime.combine(since or date(1970, 1, 2), time(), now.tzinfo)
        if article_id is not None:
            return [review for review in self.of(article_id) if review.at >= begin]
        require(self._caller, Right.READ_INTERNAL)
        return self._system.reviews.between(begin, datetime.combine(date.max, time(), now.tzinfo))

    def sent_back(self, mine: bool = False) -> list[SentBack]:
        """What was sent back and is not settled, the latest first; ``mine``: of the caller's departments only."""
        require(self._caller, Right.READ_INTERNAL)
        return [sent for sent in self._verdicts.sent_back() if not mine or covers(self._caller, sent.article.owner)]

    def progress(self, day: date | None = None, left: int | None = None) -> Progress:
        """The week of ``day`` (None: this one). ``left``: length of the queue, for who has it at hand already.

        Raises QueryError for a week ahead.
        """
        require(self._caller, Right.READ_INTERNAL)
        reports = self._system.reports
        this = reports.current_week()
        week = Week.of(day).not_after(this) if day else this
        reviews = self._system.reviews.between(*reports.span(week))
        return Progress.of(week.monday, reviews, len(self._queue()) if left is None else left)

    def _alarms(self, article_ids: Collection[str]) -> dict[str, str]:
        """article id -> why a bulk confirmation would leave it out; the others are not in it."""
        found = {item.id: alarm(item) for item in self._queue() if item.id in article_ids}
        return {article_id: said for article_id, said in found.items() if said}

    def _queue(self) -> list[ReviewItem]:
        system = self._system
        return system.queue.items(system.today(), system.now(), system.snapshots.top_ids())
