"""What a reviewer says of an article: it holds, its owner has to mend it, it goes out of service.

A verdict is on the text that the reviewer saw: if the file says something else by now, nothing is written and
EditConflict shows the difference. ``confirm`` and ``archive`` are edits of the file like any other, but of nothing
except ``verified``, ``verified_by`` and ``status``; the review travels with the edit (``kb.ports.history.Edit``), so
that file, review table and audit log say the same, whatever is killed in between. ``revise`` writes no file.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kb.content.writer import Value
from kb.editing.history import ArticleHistory
from kb.editing.verifying import stamp
from kb.editing.writing import Standing, Writing
from kb.errors import EditConflict, InvalidArticle, KbError, QueryError, StoreError
from kb.model import Article, Caller, Review, Right, Verdict
from kb.ports.history import History
from kb.ports.reviews import NewReview, Reviews
from kb.review.sent_back import SentBack
from kb.rules.access import require, require_for
from kb.text.controls import without_controls

#: A program that got no answer asks again; later, somebody has looked again.
_RETRIED_WITHIN = timedelta(minutes=1)

#: characters of a note
LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a verdict on one article. ``revision``: of its file now. ``review`` None: the verdict was not
    given, ``trouble`` says why. ``remarks``: what the reviewer should know beside that it was.
    """

    article_id: str
    revision: str = ""
    review: Review | None = None
    trouble: str = ""
    remarks: tuple[str, ...] = ()


class Verdicts:
    """Every call needs the right to review the article. Raises LoginRequired, AccessDenied, ArticleNotFound, QueryError
    (no note, or too long a one), EditConflict, InvalidArticle (its file is broken), EditError, SaveFailed, StoreError.
    """

    def __init__(self, writing: Writing, told: ArticleHistory, history: History, reviews: Reviews) -> None:
        self._writing, self._told, self._history, self._reviews = writing, told, history, reviews

    def give(
        self, caller: Caller, article_id: str, verdict: Verdict, note: str = "", expected: str | None = None
    ) -> Outcome:
        """Let the verdict stand. ``expected``: revision of the file that was judged; None: as it is now.

        Who says the same again within a minute gets what they said before: a request that is repeated counts once.
        """
        require(caller, Right.REVIEW)
        note = _checked(caller, verdict, note)
        standing = self._writing.standing(article_id)
        require_for(caller, Right.REVIEW, standing.article.owner)
        self._check_status(standing)
        seen = standing.file.revision if expected is None else expected
        before = self._repeated(caller, standing, verdict, note, seen)
        if before is not None:
            return Outcome(before.article_id, standing.file.revision, before)
        if standing.file.article is None:
            raise InvalidArticle(standing.file.problems)
        if standing.file.revision != seen:
            raise self._conflict(standing, seen)
        new = self._new(caller, standing.article.id, verdict, note, seen)
        remarks = tuple(_remarks(standing.file.article, new.at.date())) if verdict is Verdict.CONFIRM else ()
        now = self._write(caller, standing, new)
        if now == seen:
            self._reviews.add(new)
        return Outcome(new.article_id, now, self._given(new), remarks=remarks)

    def confirm_many(
        self, caller: Caller, seen: Mapping[str, str], left_out: Mapping[str, str], note: str = ""
    ) -> list[Outcome]:
        """Confirm several, each on its own: ``seen`` has the revision of each, ``left_out`` why some are not to be."""
        require(caller, Right.REVIEW)
        return [
            Outcome(article_id, trouble=left_out[article_id])
            if article_id in left_out
            else self._tried(caller, article_id, note, revision)
            for article_id, revision in seen.items()
        ]

    def undo(self, caller: Caller, number: int) -> Review:
        """Take back the latest verdict on an article, which is returned: the file is as before, byte for byte.

        Raises EditConflict when somebody has edited or judged the article since.
        """
        require(caller, Right.REVIEW)
        gone = EditConflict(f"没有编号为 {number} 的审核结论，或者它已经撤回；请刷新页面。")
        review = self._reviews.get(number)
        if review is None:
            raise gone
        standing = self._writing.standing(review.article_id)
        article_id = standing.article.id
        require_for(caller, Right.REVIEW, standing.article.owner)
        latest = self._latest(article_id)
        if latest is not None and latest.id != number:
            raise EditConflict(
                f"之后 {latest.user} 又给出了“{latest.verdict.label}”，不能只撤回前一条结论。", standing.file.revision
            )
        new = self._undoing(caller, article_id, review)
        if review.written is None:
            if not self._reviews.add(new):
                raise gone
        else:
            self._told.undo(caller, article_id, review.written, f"撤回“{review.verdict.label}”", new)
        return review

    def taken_back(self, caller: Caller, article_id: str, written: int) -> NewReview | None:
        """What goes with undoing the revision ``written`` of a file: if it was a verdict, that is taken back."""
        review = next((review for review in self._reviews.of(article_id) if review.written == written), None)
        return None if review is None else self._undoing(caller, article_id, review)

    def sent_back(self) -> list[SentBack]:
        """What waits for its owner, or for the reviewer since that has edited it; the latest first."""
        reviews = self._reviews.sent_back()
        found = self._writing.catalog.get_many(reviews)
        return [
            SentBack(found[article_id], review, self._history.source, self._writing.catalog.source)
            for article_id, review in sorted(reviews.items(), key=lambda sent: -sent[1].id)
            if article_id in found and found[article_id].article.status == "published"
        ]

    # --- inside

    def _tried(self, caller: Caller, article_id: str, note: str, revision: str) -> Outcome:
        try:
            return self.give(caller, article_id, Verdict.CONFIRM, note, revision)
        except KbError as error:
            return Outcome(article_id, trouble=str(error))

    def _latest(self, article_id: str) -> Review | None:
        return next(iter(self._reviews.of(article_id)), None)

    def _check_status(self, standing: Standing) -> None:
        status, title = standing.article.status, standing.article.title
        if status == "archived":
            latest = self._latest(standing.article.id)
            by = f"（{latest.user} 审核时归档）" if latest and latest.verdict is Verdict.ARCHIVE else ""
            raise EditConflict(
                f"“{title}”已经归档{by}，没有记下结论；要再用请先“恢复使用”再审核。", standing.file.revision
            )
        if status == "draft":
            raise EditConflict(f"“{title}”还是草稿，客服看不到，不用审核；请先发布。", standing.file.revision)

    def _repeated(self, caller: Caller, standing: Standing, verdict: Verdict, note: str, seen: str) -> Review | None:
        """The review that the caller has just given by saying exactly this of the same text."""
        latest = self._latest(standing.article.id)
        if latest is None or (latest.user, latest.verdict, latest.note) != (caller.name, verdict, note):
            return None
        left = self._left_by(latest)
        is_recent = self._writing.now() - latest.at < _RETRIED_WITHIN
        return latest if is_recent and standing.file.revision == left and seen in (left, latest.revision) else None

    def _left_by(self, review: Review) -> str:
        """The revision of the file once the review was given."""
        row = self._history.revision(review.written) if review.written is not None else None
        return row.revision if row else review.revision

    def _conflict(self, standing: Standing, seen: str) -> EditConflict:
        """Why a verdict on ``seen`` does not hold for what is there."""
        title, now = standing.article.title, standing.file
        latest = self._latest(standing.article.id)
        if latest is not None and self._left_by(latest) == now.revision:
            happened = f"刚由 {latest.user} 给出结论“{latest.verdict.label}”"
        else:
            happened = "在你打开之后改过"
        source = self._history.source(seen)
        diff = "" if source is None else unified_diff(source, now.source)
        return EditConflict(f"“{title}”{happened}，你的结论没有记下；请看过现在的内容再决定。", now.revision, diff)

    def _undoing(self, caller: Caller, article_id: str, review: Review) -> NewReview:
        new = self._new(caller, article_id, review.verdict, "", review.revision)
        return replace(new, undoes=review.id)

    def _new(self, caller: Caller, article_id: str, verdict: Verdict, note: str, seen: str) -> NewReview:
        return NewReview(self._writing.now(), article_id, verdict, caller.name, caller.via, note, seen)

    def _write(self, caller: Caller, standing: Standing, new: NewReview) -> str:
        """Let the file say it; the revision that it has then. Raises EditConflict when it has changed meanwhile."""
        changes = changes_of(new.verdict, caller, new.at.date())
        edit = self._writing.edit(caller, new.verdict.value, new.note, new)
        try:
            return self._writing.change_fields(caller, standing, new.revision, changes, edit).revision
        except EditConflict:
            raise self._conflict(self._writing.standing(new.article_id), new.revision) from None

    def _given(self, new: NewReview) -> Review:
        """The review that was just written down; others may have said something since."""
        said = (new.user, new.verdict, new.revision)
        of = self._reviews.of(new.article_id)
        given = next((review for review in of if (review.user, review.verdict, review.revision) == said), None)
        if given is None:
            raise StoreError("结论已经写进文件，但数据库没有跟上；下一次检查文件时会补记。")
        return given


def changes_of(verdict: Verdict, caller: Caller, today: date) -> dict[str, Value | None]:
    """The front matter keys that a verdict sets."""
    if verdict is Verdict.CONFIRM:
        return stamp(caller, today)
    return {"status": "archived"} if verdict is Verdict.ARCHIVE else {}


def unified_diff(before: str, after: str) -> str:
    """What has changed between two sources, as ``diff -u`` shows it."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "你看到的", "现在的", lineterm="")
    return "\n".join(lines)


def _checked(caller: Caller, verdict: Verdict, note: str) -> str:
    """The note as it is kept. Raises QueryError."""
    note = without_controls(note).strip()
    if not caller.name:
        raise QueryError("要说明审核人是谁，结论才能记下。")
    if verdict is Verdict.REVISE and not note:
        raise QueryError("退回修改要写明哪里需要改，业务部门才知道怎么办。")
    if len(note) > LONGEST_NOTE:
        raise QueryError(f"说明有 {len(note)} 个字，超过 {LONGEST_NOTE} 字的上限，请缩短。")
    return note


def _remarks(before: Article, today: date) -> Iterator[str]:
    """What a confirmation does not mend, or what looks like a clock that is wrong."""
    if before.verified is not None and before.verified > today:
        yield f"原来写的审核日期 {before.verified} 比今天（{today}）还晚，已改成今天；请核对服务器的时钟。"
    if before.updated is not None and before.updated > today:
        yield f"更新日期 {before.updated} 比今天（{today}）还晚，仍会显示“改后未审”；请编辑者改正日期。"
    if before.valid_to is not None and before.valid_to < today:
        yield f"有效期至 {before.valid_to}，已经过了，仍会显示“已失效”；内容还能用就请改有效期，不能用就归档。"
