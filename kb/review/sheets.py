"""A sheet of a workbook that can be read as it opens: columns as wide as what they hold, headings that stay in view."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

#: in digits of the usual font: what Excel gives by itself, and what leaves room for the other columns of a screen
_NARROWEST, _WIDEST = 9, 48
_MARGIN = 2

Cell = str | int | float | date


def fill(sheet: Any, rows: Iterable[Sequence[Cell]]) -> None:
    """Write ``rows``, the first with the headings. Texts that are longer than a column may be wide go on below."""
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    widest: dict[int, int] = {}
    for at, row in enumerate(rows, 1):
        sheet.append(row)
        for column, cell in enumerate(row, 1):
            widest[column] = max(widest.get(column, _NARROWEST), _width(cell) + _MARGIN)
            if _width(cell) > _WIDEST:
                sheet.cell(at, column).alignment = Alignment(wrap_text=True, vertical="top")
    for column, width in widest.items():
        sheet.column_dimensions[get_column_letter(column)].width = min(width, _WIDEST)
    sheet.freeze_panes = "A2"


def _width(cell: Cell) -> int:
    """In digits: Han characters and full-width punctuation take two."""
    lines = str(cell).splitlines() or [""]
    return max(sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in line) for line in lines)
