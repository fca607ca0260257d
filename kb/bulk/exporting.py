"""``kb export``: all articles as a table for editing, as JSON lines, or as a page for reading offline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kb.bulk.articles import cells_of, version_of
from kb.bulk.columns import TOLD, VERSION, VERSION_COLUMN, Column, Columns
from kb.bulk.csv_files import write_csv
from kb.bulk.html_file import write_html
from kb.bulk.jsonl_files import write_jsonl
from kb.content.reader import ArticleFiles
from kb.model import Article, Freshness
from kb.ports.catalog import FileVersion
from kb.replacing import replacing
from kb.usecases.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class ExportReport:
    """How many articles were written, and the files that were left out because they can't be read."""

    articles: int
    unreadable: tuple[str, ...]


class _Articles:
    """The articles in order of path, each read when it is its turn; counts what goes by."""

    def __init__(self, files: ArticleFiles, progress: Progress) -> None:
        self._files, self._progress = files, progress
        self.count = 0
        self.unreadable: list[str] = []

    def __iter__(self) -> Iterator[FileVersion]:
        scan = self._files.scan()
        seen = set()
        for file in self._progress(scan.files, len(scan.files), "导出"):
            version = self._files.read(file, scan.folders)
            if version.article is None or version.article.id in seen:
                self.unreadable.append(version.path)
                continue
            seen.add(version.article.id)
            self.count += 1
            yield version


def export_file(
    target: Path,
    form: str,
    files: ArticleFiles,
    assess: Callable[[Article], Freshness],
    progress: Progress = silent,
) -> ExportReport:
    """Write every article to ``target`` as csv, xlsx, jsonl or html (only what agents may see). Raises OSError.

    ``target`` is replaced as a whole or not at all.
    """
    columns = Columns(files.channels)
    articles = _Articles(files, progress)
    with replacing(target) as temporary:
        if form == "html":
            visible = ((version.article, assess(version.article)) for version in articles if version.article)
            count = write_html(temporary, visible)
            return ExportReport(count, tuple(articles.unreadable))
        rows = (_cells(version, columns, assess) for version in articles)
        _write_table(temporary, form, columns, rows)
    return ExportReport(articles.count, tuple(articles.unreadable))


def write_template(target: Path, form: str, channels: tuple[str, ...]) -> None:
    """Write an empty table as csv or xlsx. Raises FileExistsError rather than replace anything."""
    target.open("xb").close()
    columns = Columns(channels)
    with replacing(target) as temporary:
        if form == "xlsx":
            _write_xlsx(temporary, columns.all, ())
        else:
            with temporary.open("w", encoding="utf-8-sig", newline="") as file:
                write_csv(file, [column.heading for column in columns.all], ())


def _cells(version: FileVersion, columns: Columns, assess: Callable[[Article], Freshness]) -> dict[str, str]:
    assert version.article is not None  # noqa: S101  # others are left out
    cells = cells_of(version.article, version.source, columns)
    return {**cells, **_told(version.article, assess), VERSION: version_of(cells)}


def _told(article: Article, assess: Callable[[Article], Freshness]) -> dict[str, str]:
    """How current it is; of what nobody is served that says nothing."""
    if article.status != "published":
        return {column.name: "" for column in TOLD}
    freshness = assess(article)
    texts = (freshness.state.label, str(freshness.due or ""), "；".join(freshness.reasons))
    return {column.name: text for column, text in zip(TOLD, texts, strict=True)}


def _write_xlsx(target: Path, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    from kb.bulk.xlsx_files import write_xlsx  # openpyxl takes a tenth of a second and 6 MB, which few need

    write_xlsx(target, columns, rows)


def _write_table(target: Path, form: str, columns: Columns, rows: Iterator[dict[str, str]]) -> None:
    every = (*columns.all, *TOLD, VERSION_COLUMN)
    if form == "xlsx":
        _write_xlsx(target, every, (tuple(cells.values()) for cells in rows))
    elif form == "csv":
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            write_csv(file, [column.heading for column in every], (tuple(cells.values()) for cells in rows))
    else:
        with target.open("w", encoding="utf-8", newline="\n") as file:
            write_jsonl(file, rows)
