"""What an article said before: its revisions, what was in force on a day, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from kb.content.writer import Value, edit_front_matter
from kb.editing.versions import document_of
from kb.editing.writing import Standing, Writing, check_owners, check_rights
from kb.errors import ArticleNotFound, EditConflict, EditError, InvalidArticle, NotThatDay
from kb.model import Article, Caller, Right
from kb.ports.catalog import FileVersion
from kb.ports.history import Edit, History, Revision
from kb.ports.reviews import NewReview
from kb.rules.access import may, require, require_for


@dataclass(frozen=True, slots=True)
class Then:
    """What was in force at ``moment``. ``inferred``: nobody wrote down so early, but the article says itself that it
    has not been edited since.
    """

    moment: datetime
    revision: Revision
    article: Article
    source: str
    inferred: bool = False


class ArticleHistory:
    """Every call checks the rights of ``caller``; an article that was removed is of the department that it last was.

    ArticleNotFound: nothing was ever known of the id. Ids that the article had before lead to it too.
    """

    def __init__(self, writing: Writing, history: History) -> None:
        self._writing, self._history = writing, history

    def revisions(self, caller: Caller, article_id: str) -> list[Revision]:
        """Every content that it had, the newest first."""
        require(caller, Right.EDIT)
        rows = self._rows(article_id)
        require_for(caller, Right.EDIT, self._owner(article_id, rows))
        return self._of_one_business(caller, rows)

    def source(self, caller: Caller, article_id: str, number: int) -> str:
        """The text of one revision."""
        return self._text(self._one(self.revisions(caller, article_id), article_id, number))

    def as_verified(self, caller: Caller, article_id: str) -> tuple[Revision, str] | None:
        """The revision that the present review is about, and its text; None: never verified, or nobody kept that.

        It is the earliest with the present stamp, which comes back when a later verdict is taken back.
        """
        rows = [row for row in self.revisions(caller, article_id) if not row.removed and row.edit.action != "broken"]
        documents = [document_of(self._text(row)) for row in rows]
        stamps = [(document.fields.get("verified"), document.fields.get("verified_by")) for document in documents]
        if not rows or not stamps[0][0]:
            return None
        first = max(at for at, stamp in enumerate(stamps) if stamp == stamps[0])
        verified, updated = (str(documents[first].fields.get(name, "")) for name in ("verified", "updated"))
        if first == len(rows) - 1 and updated > verified:  # what is known begins after it was edited
            return None
        return rows[first], self._text(rows[first])

    def as_of(self, caller: Caller, article_id: str, moment: datetime) -> Then:
        """What agents were served at ``moment``. Raises NotThatDay when that was nothing, or nobody knows.

        Whoever may edit the article is also told what it said while it was not published.
        """
        require(caller, Right.READ_INTERNAL)
        rows = self._rows(article_id)
        served = [row for row in rows if row.edit.action != "broken"]
        row = next((row for row in served if row.edit.at <= moment), None)
        inferred = row is None
        row = row or served[-1]
        if row.removed:
            raise NotThatDay(article_id, f"这条知识在 {_at(row.edit.at)} 已经删除，{_at(moment)} 时没有内容。")
        then = Then(moment, row, self._article(row), self._text(row), inferred)
        if inferred:
            _check_inferred(then, article_id)
        if then.article.status != "published":
            state = {"draft": "还是草稿", "archived": "已经归档"}[then.article.status]
            if not may(caller, Right.EDIT, then.article.owner):
                raise NotThatDay(article_id, f"{_at(moment)} 时这条知识{state}，客服看不到。")
        return then

    def end_of(self, day: date) -> datetime:
        """The last moment of a day where the server stands."""
        return datetime.combine(day, time.max, self._writing.now().tzinfo)

    def restore(self, caller: Caller, article_id: str, number: int, note: str = "") -> FileVersion:
        """Publish the text of an earlier revision as a new one that nobody has reviewed yet; also of a removed article.

        Raises EditError, EditConflict when something else is where its file was, SaveFailed.
        """
        rows = self.revisions(caller, article_id)
        row = self._one(rows, article_id, number)
        if row.removed:
            raise EditError("这个版本是删除，没有内容可以恢复；请选删除之前的版本。")
        today = self._writing.now().date()
        changes: dict[str, Value | None] = {"verified": None, "verified_by": None, "updated": today}
        if row.article_id != rows[0].article_id:
            latest = self._article(next(row for row in rows if not row.removed))
            changes |= {"id": latest.id, "former_ids": latest.former_ids}
        source = edit_front_matter(self._text(row), changes)
        edit = self._writing.edit(caller, "restore", note)
        return self._back_to(caller, rows[0], row.path, rows[0].article_id, source, edit, check_owners)

    def undo(
        self, caller: Caller, article_id: str, number: int, note: str = "", review: NewReview | None = None
    ) -> FileVersion | None:
        """Take back the latest change, which has this ``number``: file, place and review are as before, byte for byte.

        None: the change was the article's creation, it is gone now. ``review``: the verdict that goes with it. Raises
        EditConflict when it is not the latest.
        """
        require(caller, Right.PUBLISH)
        rows = self.revisions(caller, article_id)
        latest, before = rows[0], rows[1] if len(rows) > 1 else None
        if latest.number != number:
            raise EditConflict("之后又有别的修改，不能只撤销这一步；请在历史里恢复到要的版本。", latest.revision)
        if before is None or before.removed:
            self.remove(caller, article_id, latest.revision, note or "撤销新建", review)
            return None
        if latest.removed or latest.path == before.path:
            edit = self._writing.edit(caller, "restore", note or "撤销上一次修改", review)
            return self._back_to(caller, latest, before.path, before.article_id, self._text(before), edit)
        standing = self._writing.standing(article_id)
        version, article = self._writing.article(standing.record.article.id, before.path, standing.file.source)
        check_rights(caller, Right.PUBLISH, standing.article, article)
        edit = self._writing.edit(caller, "move", note or "撤销移动")
        self._writing.move(version, latest.path, latest.revision, edit, {})
        return version

    def remove(
        self,
        caller: Caller,
        article_id: str,
        expected: str | None = None,
        note: str = "",
        review: NewReview | None = None,
    ) -> Revision:
        """Remove the file; ``undo`` brings it back. Returns the revision that says so."""
        require(caller, Right.PUBLISH)
        standing = self._writing.standing(article_id)
        article_id = standing.record.article.id
        check_rights(caller, Right.PUBLISH, standing.article, None)
        seen = standing.file.revision if expected is None else expected
        edit = self._writing.edit(caller, "delete", note, review)
        self._writing.remove(standing.file.path, article_id, seen, edit)
        return self._rows(article_id)[0]

    # --- inside

    def _rows(self, article_id: str) -> list[Revision]:
        """All revisions, under whatever id; that an earlier id ended is none of the article."""
        record = self._writing.catalog.find(article_id)
        if record is not None:
            article_id, former = record.article.id, record.article.former_ids
        else:
            last = next((row for row in self._history.revisions([article_id]) if not row.removed), None)
            if last is None:
                raise ArticleNotFound(article_id)
            former = self._article(last).former_ids
        rows = self._history.revisions([article_id, *former])
        renamed = (row.article_id != article_id and row.removed and row.edit.action == "rename" for row in rows)
        return [row for row, only_renamed in zip(rows, renamed, strict=True) if not only_renamed]

    def _of_one_business(self, caller: Caller, rows: list[Revision]) -> list[Revision]:
        """Down to where another article was deleted that had one of these ids, if that was somebody else's."""
        for at, row in enumerate(rows[1:], start=1):
            if row.removed:
                before = next((earlier for earlier in rows[at:] if not earlier.removed), None)
                if before is not None and not may(caller, Right.EDIT, self._article(before).owner):
                    return rows[:at]
        return rows

    def _one(self, rows: Sequence[Revision], article_id: str, number: int) -> Revision:
        row = next((row for row in rows if row.number == number), None)
        if row is None:
            raise NotThatDay(article_id, f"条目 {article_id} 没有编号为 {number} 的历史版本。")
        return row

    def _text(self, row: Revision) -> str:
        return self._history.source(row.revision) or ""

    def _article(self, row: Revision) -> Article:
        """What a revision said. Raises InvalidArticle when the format has become stricter since."""
        version = self._writing.judged(row.path, self._text(row).encode())
        if version.article is None:
            raise InvalidArticle(version.problems)
        return version.article

    def _owner(self, article_id: str, rows: Sequence[Revision]) -> str | None:
        record = self._writing.catalog.get(rows[0].article_id)
        if record is not None:
            return record.article.owner
        return self._article(next(row for row in rows if not row.removed)).owner

    def _back_to(
        self,
        caller: Caller,
        latest: Revision,
        former_path: str,
        article_id: str,
        source: str,
        edit: Edit,
        check: Callable[[Caller, Right, Article | None, Article | None], None] = check_rights,
    ) -> FileVersion:
        """Publish ``source`` where the article is now, or was when it was removed."""
        require(caller, Right.PUBLISH)
        standing: Standing | None = None if latest.removed else self._writing.standing(latest.article_id)
        path = standing.file.path if standing else former_path
        version, article = self._writing.article(article_id, path, source)
        # Whoever may remove an article may bring it back as it was, review included.
        check(caller, Right.PUBLISH, standing.article if standing else article, article)
        expected = standing.file.revision if standing else ""
        self._writing.save(version, expected, edit)
        return version


def _check_inferred(then: Then, article_id: str) -> None:
    """Raises NotThatDay unless the earliest that is known of an article says that it was the same before."""
    first, updated = then.revision, then.article.updated
    if first.edit.origin != "file":
        raise NotThatDay(article_id, f"这条知识在 {_at(first.edit.at)} 才建立，{_at(then.moment)} 时还没有。")
    if updated is None or updated > then.moment.date():
        raise NotThatDay(
            article_id, f"历史从 {_at(first.edit.at)} 开始记录，更早的内容没有留底；请查这之后的日期，或查 git、备份。"
        )


def _at(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
