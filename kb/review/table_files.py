"""Tables as files: CSV and XLSX for spreadsheets, where nothing may run as a formula, Markdown for mail and robots."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from kb.review.sheets import Cell, fill
from kb.text.spreadsheets import guarded, storable

Line = Sequence[Cell]


def to_csv(lines: Iterable[Line]) -> bytes:
    """UTF-8 with a byte order mark, without which Excel garbles Chinese."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(_storable, lines))
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(sheets: Mapping[str, Iterable[Line]], remarks: Iterable[str] = ()) -> bytes:
    """Sheets by name; the first row, with the headings, stays in view and can be filtered by. ``remarks`` stand below
    what is on the first sheet.
    """
    from openpyxl import Workbook  # loading it takes a tenth of a second

    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, lines in sheets.items():
        sheet = workbook.create_sheet(name)
        fill(sheet, map(_storable, lines))
        sheet.auto_filter.ref = sheet.dimensions
    for remark in remarks:
        workbook.worksheets[0].append(_storable([remark]))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def to_markdown(headings: Line, rows: Iterable[Line]) -> list[str]:
    """The lines of one table."""
    return [_row(headings), _row(["---"] * len(headings)), *map(_row, rows)]


def _storable(line: Line) -> list[Cell]:
    return [guarded(storable(cell)) if isinstance(cell, str) else cell for cell in line]


def _row(line: Line) -> str:
    escaped = (re.sub(r"([\\|<>])", r"\\\1", " ".join(storable(str(cell)).split())) for cell in line)
    return f"| {' | '.join(escaped)} |"
