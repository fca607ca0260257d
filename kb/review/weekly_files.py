"""The weekly report as a file: CSV and XLSX for spreadsheets, Markdown for mail and group robots.

The same report gives the same file, to the byte; of XLSX the same cells (it carries the time of writing).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from openpyxl import Workbook

from kb.review.sheets import fill
from kb.review.weekly_tables import Cell, Table, all_tables, heading
from kb.shapes.reports import WeeklyReport
from kb.text.spreadsheets import guarded, storable


def to_csv(report: WeeklyReport) -> bytes:
    """The tables one below the other; UTF-8 with a byte order mark, without which Excel garbles Chinese."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([heading(report)])
    writer.writerows([note] for note in report["notes"])
    for table in all_tables(report):
        writer.writerow([])
        writer.writerow([table.title])
        writer.writerows(_lines(table))
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(report: WeeklyReport) -> bytes:
    """One sheet a table; the heading row stays in view. What there is to say of the week is on the first."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for table in all_tables(report):
        sheet = workbook.create_sheet(table.title)
        fill(sheet, _lines(table))
    for remark in ("", heading(report), *report["notes"]):
        workbook.worksheets[0].append([remark])
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def to_markdown(report: WeeklyReport) -> str:
    """A heading and a section for each table."""
    lines = [f"## {heading(report)}", *(f"> {note}" for note in report["notes"])]
    for table in all_tables(report):
        lines += ["", f"### {table.title}", ""]
        if table.rows:
            lines += [_row(table.headings), _row(["---"] * len(table.headings)), *map(_row, table.rows)]
        else:
            lines.append(table.empty)
    return "\n".join(lines) + "\n"


def _lines(table: Table) -> Iterable[list[Cell]]:
    yield list(table.headings)
    for row in table.rows:
        yield [guarded(storable(cell)) if isinstance(cell, str) else cell for cell in row]


def _row(cells: Iterable[Cell]) -> str:
    escaped = (re.sub(r"([\\|<>])", r"\\\1", " ".join(str(cell).split())) for cell in cells)
    return f"| {' | '.join(escaped)} |"
