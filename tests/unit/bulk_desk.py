"""An articles folder with export and import around it, for the tests of tables."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from kb.bulk.exporting import ExportReport, export_file
from kb.bulk.importing import ImportOptions, ImportReport, import_file
from kb.content.reader import ArticleFiles
from kb.content.transaction import undo
from kb.model import Article
from kb.rules.freshness import Policy, assess
from kb.usecases.progress import Progress, silent
from tests.unit.article_tree import CHANNELS, write

TODAY = date(2026, 11, 22)


class BulkDesk:
    """Articles in ``root``, files to import and export beside them."""

    def __init__(self, base: Path) -> None:
        self.base, self.root, self.home = base, base / "articles", base / "data" / "import"
        self.files = ArticleFiles(self.root, CHANNELS)

    def take(self, file: Path, **options: Any) -> ImportReport:
        return import_file(file, self.files, self.home, TODAY, ImportOptions(**options))

    def table(self, *rows: Sequence[object], **options: Any) -> ImportReport:
        """Import rows, headings first, as a workbook."""
        return self.take(self.workbook(*rows), **options)

    def workbook(self, *rows: Sequence[object], change: Callable[[Any], None] = lambda sheet: None) -> Path:
        """A workbook with one sheet of these rows, changed before it is saved."""
        book = Workbook()
        for row in rows:
            book.active.append(list(row))
        change(book.active)
        book.save(self.base / "table.xlsx")
        return self.base / "table.xlsx"

    def csv(self, *lines: str, encoding: str = "utf-8") -> Path:
        """A file of these lines."""
        return write(self.base, "table.csv", "\r\n".join(lines).encode(encoding))

    def export(self, form: str) -> Path:
        target = self.base / f"export.{form}"
        self.report(target, form)
        return target

    def report(self, target: Path, form: str, progress: Progress = silent) -> ExportReport:
        return export_file(target, form, self.files, lambda article: assess(article, Policy(), TODAY), progress)

    def undo(self) -> None:
        undo(self.root, self.home)

    def tree(self) -> dict[str, bytes]:
        paths = (path for path in self.root.rglob("*") if path.is_file() and path.name != ".import.lock")
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}

    def articles(self) -> dict[str, Article]:
        scan = self.files.scan()
        versions = [self.files.read(file, scan.folders) for file in scan.files]
        return {version.article.id: version.article for version in versions if version.article}


def edit_csv(path: Path, row_id: str, heading: str, text: str) -> None:
    """Change one cell the way a spreadsheet does: read the table, write all of it again."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        headings, *rows = csv.reader(file)
    for row in rows:
        if row[0] == row_id:
            row[headings.index(heading)] = text
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([headings, *rows])


def edit_xlsx(path: Path, row_id: str, heading: str, value: object) -> None:
    """Change one cell and save the workbook."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[0].value == row_id:
            row[headings.index(heading)].value = value
    book.save(path)
