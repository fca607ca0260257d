"""``kb import``: rows from elsewhere become article files. All rows are right, or nothing is written.

An article that exists already is edited, not replaced: only title, similar questions and the general script come
from the row, so what editors and reviewers added since the last import stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kb.content.fields import slug, text
from kb.content.findings import quoted
from kb.content.reader import ArticleFiles
from kb.content.scanning import INDEX_NAME
from kb.content.staging import Staging
from kb.content.writer import Value, edit_front_matter, render_document, replace_body
from kb.errors import BulkImportError
from kb.model import Article, Folder
from kb.ports.content import FileStat
from kb.text.sections import with_general_script
from kb.text.slugs import slug_of
from kb.usecases.import_rows import Row, read_jsonl
from kb.usecases.progress import Progress, silent

ADDED, CHANGED, SAME, WRONG = "新增", "更新", "不变", "错误"
_NO_CATEGORY = "未分类"


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What became, or would become, of one row. ``path`` is the article file, ``""`` for a wrong row."""

    line: int
    id: str
    verdict: str
    path: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The verdicts in the order of the file; ``written`` is False after a dry run or when a row was wrong."""

    rows: tuple[RowVerdict, ...]
    written: bool

    @property
    def counts(self) -> dict[str, int]:
        """verdict -> number of rows, all four verdicts."""
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in (ADDED, CHANGED, SAME, WRONG)}


def import_jsonl(
    path: Path,
    files: ArticleFiles,
    today: date,
    product: str | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Take over a file of rows ``{"id", "title", "questions" or "aliases", "body", "category"}``.

    ``product`` (slug or title, made when missing) takes all rows, with the last element of the category as scenario;
    without it the first element is the product. Raises BulkImportError when the file can't be read or the articles
    folder can't be written; each file is then as it was or complete, and the next import goes on from there.
    """
    total = sum(1 for _ in read_jsonl(path))
    plan = _Plan(files, today, product)
    try:
        with nullcontext() if dry_run else Staging(files.root) as staging:
            rows = tuple(_verdict(plan, staging, line, row) for line, row in progress(read_jsonl(path), total, "导入"))
            written = staging is not None and all(row.verdict != WRONG for row in rows)
            if staging is not None and written:
                _put_folders(plan.new_folders, staging)
                staging.publish()
    except OSError as error:
        raise BulkImportError(
            f"写不了 {files.root}（{error.strerror}），没有导完；请检查磁盘和权限后重新导入。"
        ) from error
    return ImportReport(rows, written)


def _put_folders(folders: Mapping[str, str], staging: Staging) -> None:
    for path, title in folders.items():
        staging.put(f"{path}/{INDEX_NAME}", render_document({"title": title}).encode())


def _verdict(plan: _Plan, staging: Staging | None, line: int, row: Row | str) -> RowVerdict:
    if isinstance(row, str):
        return RowVerdict(line, "", WRONG, reason=row)
    try:
        verdict, path, source = plan.take(row)
    except ValueError as error:
        return RowVerdict(line, row.id, WRONG, reason=str(error))
    if source is not None and staging is not None:
        staging.put(path, source.encode())
    return RowVerdict(line, row.id, verdict, path)


class _Plan:
    """Decides row by row where it goes and what the file will say; ``new_folders``: path -> title of those to make."""

    def __init__(self, files: ArticleFiles, today: date, product: str | None) -> None:
        scan = files.scan()
        self._files, self._today, self._product = files, today, product
        self._stats = {file.path: file for file in scan.files}
        self._folders = dict(scan.folders)
        self._places: dict[tuple[str, str], str] = {}
        for path, folder in self._folders.items():
            self._places.setdefault((_parent(path), folder.title), path)
        versions = (files.read(file, scan.folders) for file in scan.files)
        self._paths = {version.article.id: version.path for version in versions if version.article}
        self._lines: set[str] = set()
        self.new_folders: dict[str, str] = {}

    def take(self, row: Row) -> tuple[str, str, str | None]:
        """(verdict, path, source to write or None); ValueError says why the row can't be used."""
        _checked("id", slug, row.id)
        if row.id in self._lines:
            raise ValueError(f"id {quoted(row.id)}在本文件里不止一行，请删掉重复的或换一个。")
        self._lines.add(row.id)
        folder = self._scenario(row.category)
        path = self._paths.get(row.id, f"{folder}/{row.id}.md")
        if _parent(path) != folder:
            raise ValueError(f"id {quoted(row.id)}已用在 {path}；请换一个，或先把那个文件移到 {folder}。")
        file = self._stats.get(path)
        if file is None:
            return ADDED, path, self._judged(path, self._new(row))
        source = self._edited(file, row)
        return (SAME, path, None) if source is None else (CHANGED, path, self._judged(path, source))

    def _scenario(self, category: tuple[str, ...]) -> str:
        """The folder of a row with this category."""
        if not self._product and not category:
            raise ValueError("没有 category，不知道属于哪个产品；请补上，或用 --product 指定。")
        product, inner = (self._product, category) if self._product else (category[0], category[1:])
        if "/" in product or product not in self._folders:
            product = self._folder("", product)
        return self._folder(product, inner[-1] if inner else _NO_CATEGORY)

    def _folder(self, parent: str, title: str) -> str:
        """The folder with this title, planned when there is none."""
        path = self._places.get((parent, title))
        if path is None:
            _checked("分类", text(1, 60), title)
            taken = {folder.slug for place, folder in self._folders.items() if _parent(place) == parent}
            name = slug_of(title, taken)
            path = f"{parent}/{name}" if parent else name
            self._folders[path] = Folder(name, title)
            self._places[parent, title] = path
            self.new_folders[path] = title
        return path

    def _new(self, row: Row) -> str:
        fields: dict[str, Value | None] = {
            "id": row.id,
            "title": row.title,
            "questions": row.questions,
            "kind": "faq",
            "channels": "all",
            "priority": "general",
            "status": "published",
            "created": self._today,
            "updated": self._today,
        }
        return render_document(fields, with_general_script("", row.script) if row.script else "")

    def _edited(self, file: FileStat, row: Row) -> str | None:
        """The file with what the row changes; None when that is nothing."""
        version = self._files.read(file, self._folders)
        article = version.article
        if article is None or article.id != row.id:
            raise ValueError(f"{file.path} 已经存在，但写法有误或编号不同；请先改好这个文件。")
        changes: dict[str, Value | None] = {}
        if row.title != article.title:
            changes["title"] = row.title
        questions = tuple(dict.fromkeys(article.questions + row.questions))
        if questions != article.questions:
            changes["questions"] = questions
        source = version.source
        if row.script and row.script != _general_script(article):
            source = replace_body(source, with_general_script(article.body, row.script))
        elif not changes:
            return None
        return edit_front_matter(source, {**changes, "updated": self._today})

    def _judged(self, path: str, source: str) -> str:
        problems = self._files.judge(path, source.encode(), self._folders).problems
        errors = [problem.message for problem in problems if problem.severity == "error"]
        if errors:
            raise ValueError("".join(errors))
        return source


def _general_script(article: Article) -> str:
    return next((script.text for script in article.scripts if script.channel is None), "")


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _checked(name: str, parse: Callable[[str], str], value: str) -> None:
    try:
        parse(value)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
