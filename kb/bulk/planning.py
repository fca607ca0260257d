"""What becomes of a row: a new article, an edit of one, nothing, or an error.

A row that carries a version is a copy of a whole article as it was exported: its empty cells are empty on purpose, it
may move the article, and it is refused where the article has been edited since. Any other row only adds: its empty
cells say nothing, and its similar questions join those that are there, so that what editors added stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kb.bulk.articles import cells_of, edited_source, new_source, tidied, version_of
from kb.bulk.columns import CATEGORY, QUESTIONS, VERSION, Columns
from kb.bulk.places import Places, check, parent_of
from kb.bulk.rows import Row, category_titles
from kb.bulk.shelf import Shelf
from kb.content.fields import slug
from kb.content.findings import quoted
from kb.content.reader import ArticleFiles
from kb.ports.catalog import FileVersion
from kb.usecases.progress import Progress

ADDED, CHANGED, SAME, WRONG = "新增", "更新", "不变", "错误"
_NEW = {"kind": "faq", "channels": "全部", "priority": "general", "status": "published"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """``source`` is what the file ``path`` will say, None for nothing to write; it now is ``old_path``, of revision
    ``before`` (both ``""`` for a new article). ``reason`` says what changes, or why nothing can."""

    verdict: str
    id: str
    path: str = ""
    reason: str = ""
    source: str | None = None
    old_path: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A row as it is understood. ``folder`` is None when the row doesn't say where it belongs."""

    id: str
    cells: dict[str, str]
    version: str
    folder: str | None


class Planner:
    """Decides row by row; remembers what earlier rows have taken."""

    def __init__(
        self, files: ArticleFiles, columns: Columns, today: date, product: str | None, progress: Progress
    ) -> None:
        scan = files.scan()
        self._files, self._columns, self._today, self._product = files, columns, today, product
        self.places = Places(scan.folders, product)
        self._shelf = Shelf(files, scan, progress)
        self._lines: dict[str, int] = {}

    def outcome(self, row: Row) -> Outcome:
        """What to do with a row."""
        article_id = row.cells.get("id", "")
        try:
            wanted = self._understood(row)
            article_id = wanted.id
            path = self._shelf.path_of(wanted.id)
            if path is None:
                return self._new(wanted)
            return self._edit(wanted, path)
        except ValueError as error:
            return Outcome(WRONG, article_id, reason=str(error))

    def _understood(self, row: Row) -> _Wanted:
        cells, version = tidied(row.cells, self._columns), row.cells.get(VERSION, "").strip()
        if not version:
            cells = {name: text for name, text in cells.items() if text}
        article_id, title = cells.get("id"), cells.get("title")
        if article_id:
            check("id", slug, article_id)
        elif version:
            raise ValueError("有“版本”却没有 id（编号）：导出的行要留着编号；请把编号填回去，新词条请清空版本。")
        elif not title:
            raise ValueError("缺少 title（标准问），也没有 id（编号），请至少补上标准问。")
        folder = self.places.scenario(category_titles(cells.get(CATEGORY, "")))
        article_id = article_id or self._shelf.id_for(title or "", folder)
        if article_id in self._lines:
            raise ValueError(
                f"与第 {self._lines[article_id]} 行是同一条（id {quoted(article_id)}），不止一行；请删掉重复的。"
            )
        self._lines[article_id] = row.line
        return _Wanted(article_id, cells, version, folder)

    def _new(self, wanted: _Wanted) -> Outcome:
        if wanted.folder is None:
            raise ValueError("没有 category（分类），不知道属于哪个产品；请补上，或用 --product 指定。")
        if not wanted.cells.get("title"):
            raise ValueError("缺少 title（标准问），请补上。")
        path = f"{wanted.folder}/{wanted.id}.md"
        self._check_free(path)
        cells = {"id": wanted.id, **wanted.cells}
        if not wanted.version:
            today = self._today.isoformat()
            stamps = {"created": min(today, cells.get("updated", today)), "updated": today}
            cells = tidied(_NEW, self._columns) | stamps | cells
        source = new_source(cells, self._columns)
        self._judged(path, source)
        self._shelf.add(wanted.id, cells["title"], path)
        return Outcome(ADDED, wanted.id, path, self.places.announced(wanted.folder), source)

    def _edit(self, wanted: _Wanted, path: str) -> Outcome:
        if wanted.version and version_of(wanted.cells) == wanted.version and not self._product:
            return Outcome(SAME, wanted.id, path)  # as it was exported, whatever happened to the article since
        file = self._shelf.file(path)
        version = self._files.read(file, self.places.folders) if file else None
        if version is None or version.article is None:
            raise ValueError(f"{path} 读不了了，可能刚被改动；请检查这个文件后重试。")
        current = cells_of(version.article, version.source, self._columns)
        changes = self._changes(wanted, current, path)
        new_path = self._moved(wanted, path, current)
        if not changes and new_path == path:
            return Outcome(SAME, wanted.id, path)
        if wanted.version and version_of(current) != wanted.version:
            raise ValueError(f"{path} 在这份表格导出之后又改过；请重新导出，在新的表格里修改。")
        return self._edited(version, wanted, changes, new_path)

    def _changes(self, wanted: _Wanted, current: Mapping[str, str], path: str) -> dict[str, str]:
        """The cells that are to become different, the category aside."""
        cells = {name: text for name, text in wanted.cells.items() if name != CATEGORY}
        if not wanted.version and QUESTIONS.name in cells:
            cells[QUESTIONS.name] = QUESTIONS.form.tidy(f"{current[QUESTIONS.name]}\n{cells[QUESTIONS.name]}")
        return {name: text for name, text in cells.items() if text != current[name]}

    def _moved(self, wanted: _Wanted, path: str, current: Mapping[str, str]) -> str:
        """Where the article will be."""
        folder = wanted.folder
        if folder is None or folder == parent_of(path):
            return path
        if not wanted.version:
            raise ValueError(f"id {quoted(wanted.id)}已用在 {path}；请换一个，或先把那个文件移到 {folder}。")
        new_path = f"{folder}/{path.rpartition('/')[2]}"
        self._check_free(new_path)
        return new_path

    def _edited(self, version: FileVersion, wanted: _Wanted, changes: dict[str, str], path: str) -> Outcome:
        source = edited_source(version.source, changes, self._columns)
        if source == version.source and path == version.path:
            return Outcome(SAME, wanted.id, path)
        stamp = {} if "updated" in wanted.cells else {"updated": self._today.isoformat()}
        if changes and stamp:
            source = edited_source(source, stamp, self._columns)
        judged = self._judged(path, source)
        self._check_only(changes | stamp, version, judged)
        headings = [self._columns.by_name[name].heading for name in changes]
        headings += [self._columns.by_name[CATEGORY].heading] if path != version.path else []
        made = self.places.announced(parent_of(path))
        reason = "，".join(filter(None, (f"改了{'、'.join(headings)}", made)))
        return Outcome(CHANGED, wanted.id, path, reason, source, version.path, version.revision)

    def _check_free(self, path: str) -> None:
        if self._shelf.file(path) is not None:
            raise ValueError(f"{path} 已经存在，但写法有误或编号不同；请先改好这个文件。")

    def _judged(self, path: str, source: str) -> FileVersion:
        version = self._files.judge(path, source.encode(), self.places.folders)
        errors = [problem.message for problem in version.problems if problem.severity == "error"]
        if errors:
            raise ValueError("".join(errors))
        return version

    def _check_only(self, changes: Mapping[str, str], old: FileVersion, new: FileVersion) -> None:
        """Code that a cell begins and doesn't end would swallow the sections below it."""
        assert old.article is not None and new.article is not None  # noqa: S101, PT018  # both were judged good
        before = cells_of(old.article, old.source, self._columns)
        after = cells_of(new.article, new.source, self._columns)
        broken = [name for name in before if name not in changes and name != CATEGORY and before[name] != after[name]]
        if broken:
            heading = self._columns.by_name[broken[0]].heading
            raise ValueError(f"这样改会连带改变“{heading}”，没有写入；多半是代码块 ``` 没有成对，请检查。")
