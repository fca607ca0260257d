"""What every change of an article has in common: the file as it is, the text judged, the rights checked, the save."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from kb.content.documents import revision_of
from kb.content.files import read_file
from kb.content.reader import ArticleFiles
from kb.content.saving import ArticleSaver
from kb.content.writer import Value, edit_front_matter
from kb.errors import ArticleError, ArticleNotFound, EditConflict, EditError, InvalidArticle
from kb.model import Article, ArticleRecord, Caller, Folder, Problem, Right
from kb.ports.catalog import Catalog, FileVersion
from kb.ports.history import Edit, origin_of
from kb.ports.reviews import NewReview
from kb.rules.access import require_for


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article is to be: slugs, and the Chinese names of a product or scenario that is to be made."""

    product: str
    scenario: str
    product_title: str = ""
    scenario_title: str = ""

    @property
    def titles(self) -> dict[str, str]:
        """path of the folder -> its Chinese name."""
        named = {self.product: self.product_title, f"{self.product}/{self.scenario}": self.scenario_title}
        return {path: title for path, title in named.items() if title.strip()}


#: where an article goes of which a program says no place: it is found there, and moved by whoever knows better
UNSORTED = Place("unsorted", "unsorted", "未分类", "未分类")


@dataclass(frozen=True, slots=True)
class Standing:
    """An article as it is served, and its file as it is now, which may be newer or broken."""

    record: ArticleRecord
    file: FileVersion

    @property
    def article(self) -> Article:
        """What the file says, if it can be read."""
        same = self.file.article is not None and self.file.article.id == self.record.article.id
        return self.file.article if same and self.file.article else self.record.article


class Writing:
    """``now`` gives an aware datetime; ``changed`` is called after every change, so that searches follow at once."""

    def __init__(
        self,
        files: ArticleFiles,
        catalog: Catalog,
        saver: ArticleSaver,
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        self.files, self.catalog, self.now = files, catalog, now
        self._saver, self._changed = saver, changed

    def standing(self, article_id: str) -> Standing:
        """The article with this id, or that had it once. Raises ArticleNotFound, EditConflict when its file is gone."""
        record = self.catalog.find(article_id)
        if record is None:
            raise ArticleNotFound(article_id)
        if self.files.is_gone(record.path, None):
            raise EditConflict(f"{record.path} 刚被移走或删除；请刷新后重新打开这条知识。")
        try:
            data = read_file(self.files.root, record.path)
        except ArticleError as error:
            raise EditError(f"{record.path} {error}") from error
        return Standing(record, self.judged(record.path, data))

    def judged(self, path: str, data: bytes, titles: Mapping[str, str] | None = None) -> FileVersion:
        """``data`` as the file ``path``; ``titles`` are those of folders that are not there yet."""
        known = {folder: Folder(folder.rpartition("/")[2], title) for folder, title in (titles or {}).items()}
        there = self.files.folders_at(path)
        missing = {folder for folder in known if not (self.files.root / folder).is_dir()}
        return self.files.judge(path, data, {**there, **{folder: known[folder] for folder in missing}})

    def article(
        self, article_id: str, path: str, source: str, titles: Mapping[str, str] | None = None
    ) -> tuple[FileVersion, Article]:
        """``source`` as what the article will say. Raises InvalidArticle unless it is that article and right."""
        version = self.judged(path, encoded(source), titles)
        errors = [problem for problem in version.problems if problem.severity == "error"]
        if version.article is None:
            raise InvalidArticle(errors)
        if version.article.id != article_id:
            message = (
                f"id 应是 {article_id}，现在写的是 {version.article.id}；要换编号请用“修改编号”，旧链接才能继续用。"
            )
            raise InvalidArticle([Problem(path, 1, message)])
        self._check_former_ids(version.article, path)
        return version, version.article

    def _check_former_ids(self, article: Article, path: str) -> None:
        """Raises InvalidArticle where one leads to another article: whoever claims it could read that one's history."""
        for former_id in article.former_ids:
            other = self.catalog.find(former_id)
            if other is not None and other.article.id != article.id and other.path != path:
                message = f"former_ids 里的 {former_id} 是“{other.article.title}”的编号，旧链接和历史都跟着它；请去掉。"
                raise InvalidArticle([Problem(path, 1, message)])

    def edit(self, caller: Caller, action: str, note: str, review: NewReview | None = None) -> Edit:
        """Who changes something now, and why; and what reviewers are told of it."""
        at = review.at if review else self.now()  # what is saved and confirmed at once has been seen as it is
        return Edit(at, caller.name, origin_of(caller), action, note.strip(), review)

    # --- changes

    def save(self, version: FileVersion, expected: str, edit: Edit, titles: Mapping[str, str] | None = None) -> None:
        """See ``ArticleSaver.save``."""
        self._saver.save(version, expected, edit, titles)
        self._changed()

    def move(self, version: FileVersion, path: str, expected: str, edit: Edit, titles: Mapping[str, str]) -> None:
        """See ``ArticleSaver.move``."""
        self._saver.move(version, path, expected, edit, titles)
        self._changed()

    def remove(self, path: str, article_id: str, expected: str, edit: Edit) -> None:
        """See ``ArticleSaver.remove``."""
        self._saver.remove(path, article_id, expected, edit)
        self._changed()

    def change_fields(
        self, caller: Caller, standing: Standing, expected: str | None, changes: Mapping[str, Value | None], edit: Edit
    ) -> FileVersion:
        """Set or remove front matter keys; all else stays byte-identical. ``expected`` None: whatever the file says."""
        before = standing.file
        try:
            source = edit_front_matter(before.source, changes)
        except ArticleError as error:
            raise EditError(str(error)) from error
        new_id = changes.get("id", standing.article.id)
        version, article = self.article(str(new_id), before.path, source)
        check_rights(caller, Right.PUBLISH, standing.article, article)
        if source != before.source:
            self.save(version, before.revision if expected is None else expected, edit)
        return version


def encoded(source: str) -> bytes:
    """The bytes of a source. Raises InvalidArticle for halves of characters, which JSON may bring."""
    try:
        return source.encode()
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        raise InvalidArticle(
            [Problem("", line, "这一行有不完整的字符（可能是半个表情符号），请删掉后重新输入。")]
        ) from None


def revision(source: str) -> str:
    """What a source is called, wherever it is stored."""
    return revision_of(encoded(source))


def check_owners(caller: Caller, right: Right, before: Article | None, after: Article | None) -> None:
    """The right for the article as it is and as it would be. Raises LoginRequired, AccessDenied."""
    for article in (before, after):
        if article is not None:
            require_for(caller, right, article.owner)


def check_rights(caller: Caller, right: Right, before: Article | None, after: Article | None) -> None:
    """The same; and only who may review changes what a reviewer said."""
    check_owners(caller, right, before, after)
    if after is not None and _review(after) != _review(before):
        check_owners(caller, Right.REVIEW, before, after)


def _review(article: Article | None) -> tuple[date | None, str | None]:
    """Who says that an article is right, and since when."""
    return (article.verified, article.verified_by) if article else (None, None)
