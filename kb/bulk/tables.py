"""From the cells of a table to rows: finds the headings, knows what they mean, and says what doesn't fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kb.bulk.columns import BODY, ID, QUESTIONS, TITLE, VALIDITY, VERSION, Columns
from kb.bulk.html_text import is_html, text_of_html
from kb.bulk.rows import BadRow, Row, is_blank
from kb.errors import BulkImportError
from kb.text.spreadsheets import unguarded

#: In place of a text that a cell can't hold; such a cell says nothing.
TOO_LONG_FOR_CELL = "（本格超过 32767 字，Excel 放不下，没有导出；请勿修改）"

_HEADINGS_WITHIN = 10  # records from the top: forms begin with a title or instructions
_PERIOD = re.compile(r"(.*?\d)日?\s*(?:至|到|~|～|—+|--|\s-\s)\s*(\d.*)", re.DOTALL)


class Unreadable(str):
    """In place of the text of a cell that can't be used: why not."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table as it stands; ``line`` counts from 1."""

    line: int
    cells: Sequence[str]


class Table:
    """The rows below the headings of ``records``. ``strict_width``: whether a row with more or fewer cells is broken.

    Raises BulkImportError when there are no headings, or two for one column.
    """

    def __init__(self, records: Iterable[Record], columns: Columns, strict_width: bool) -> None:
        self._records = iter(records)
        self._columns, self._strict_width = columns, strict_width
        self._headings = self._find_headings()
        self._names = columns.names_of(self._headings)
        self._check_names()
        self.unused = tuple(
            h for h, name in zip(self._headings, self._names, strict=True) if h.strip() and name is None
        )

    def rows(self) -> Iterator[Row | BadRow]:
        """The rows, blank ones left out."""
        complete = VERSION in self._names
        for record in self._records:
            if not is_blank(record.cells):
                yield self._row(record, complete)

    def _find_headings(self) -> Sequence[str]:
        for record, _ in zip(self._records, range(_HEADINGS_WITHIN), strict=False):
            headings = _trimmed(record.cells)
            names = {name for name in self._columns.names_of(headings) if name}
            if len(names) > 1 and names & {ID.name, TITLE.name}:
                return headings
        raise BulkImportError(
            f"前 {_HEADINGS_WITHIN} 行里没有找到表头，没有导入。表头至少要有“标准问”和另一列，如“标准话术”“分类”；"
            "可以用 kb import --template xlsx 生成模板。文字若是乱码，请另存为 UTF-8。"
        )

    def _check_names(self) -> None:
        first: dict[str, str] = {}
        for heading, name in zip(self._headings, self._names, strict=True):
            if name in first:
                title = getattr(self._columns.by_name.get(name), "heading", name)
                raise BulkImportError(
                    f"表头里“{first[name]}”和“{heading}”都表示“{title}”，没有导入；请删掉一列或改名。"
                )
            if name is not None and name != QUESTIONS.name:
                first[name] = heading

    def _row(self, record: Record, complete: bool) -> Row | BadRow:
        width = len(self._headings)
        if self._strict_width and not len(_trimmed(record.cells)) <= width <= len(record.cells):
            return BadRow(
                record.line,
                f"有 {len(record.cells)} 格，表头有 {width} 格；多半是某一格里有逗号或换行却没有加引号，请检查这一行。",
            )
        cells: dict[str, str] = {}
        for heading, name, text in zip(self._headings, self._names, record.cells, strict=False):
            if name is None or text == TOO_LONG_FOR_CELL:
                continue
            if isinstance(text, Unreadable):
                return BadRow(record.line, f"“{heading}”这一格{text}")
            text = unguarded(text)
            if not complete and name.startswith(BODY) and is_html(text):
                text = text_of_html(text)
            cells[name] = f"{cells[name]}\n{text}" if name in cells else text
        cells |= dict.fromkeys((n for n in self._names[len(record.cells) :] if n), "")
        return Row(record.line, _with_period(cells))


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    """Without the empty cells at the end."""
    length = max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return cells[:length]


def _with_period(cells: dict[str, str]) -> dict[str, str]:
    """A cell with both ends of a period, as other systems have it, becomes our two."""
    period = cells.pop(VALIDITY, "").strip()
    match = _PERIOD.fullmatch(period)
    if match:
        cells["valid_from"], cells["valid_to"] = match.groups()
    elif period and not re.search("永久|长期|不限|有效", period):
        cells["valid_to"] = period
    return cells
