"""Workbooks: read row by row and with limits, written row by row."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, time
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.datavalidation import DataValidation

from kb.bulk.columns import Column, Columns
from kb.bulk.rows import Source
from kb.bulk.tables import TOO_LONG_FOR_CELL, Record, Table, Unreadable
from kb.errors import BulkImportError
from kb.text.spreadsheets import guarded

_MOST_BYTES = 1 << 29  # of all parts, unpacked
_MOST_RATIO = 300  # unpacked to packed; sheets of text have 5 to 50
_OLE = b"\xd0\xcf\x11\xe0"  # an old .xls, or an .xlsx with a password
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_CHUNK = 1 << 20
_LONGEST_CELL = 32767  # characters as UTF-16 counts them
_LAST_ROW = 1_048_576  # of a sheet in any program
_MOST_BLANK = 100_000  # rows on end; a file of 5 kB can claim billions
_WIDTHS = {"title": 30, "questions": 36, "category": 24, "body": 60}
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_BOLD = Font(bold=True)


def read_xlsx(path: Path, columns: Columns) -> Source:
    """The rows of the first sheet that has our headings. Raises BulkImportError, also while the rows are taken."""
    workbook = _open(path)
    problem = None
    for sheet in workbook.worksheets:
        total = sheet.max_row or 0
        sheet.reset_dimensions()  # what the file claims may be far more than it holds
        records = _records(path, sheet)
        try:
            table = Table(records, columns, strict_width=False)
        except BulkImportError as error:
            records.close()
            problem = problem or error
            continue
        closing = ExitStack()
        closing.callback(workbook.close)
        closing.callback(records.close)
        return Source(table.rows(), total, table.unused, closing.close)
    workbook.close()
    raise problem or BulkImportError(f"{path} 里没有工作表，没有导入。")


def _open(path: Path) -> Any:
    """The workbook, once it is clear that unpacking it does no harm."""
    with path.open("rb") as file:
        if file.read(4) == _OLE:
            raise BulkImportError(f"{path} 是旧版 .xls 或带密码的文件，没有导入；请另存为不带密码的 .xlsx。")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
        size, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
        if size > _MOST_BYTES or (size > _CHUNK and size > _MOST_RATIO * packed):
            raise BulkImportError(
                f"{path} 展开后有 {size >> 20} MiB，不像正常的表格，没有导入；请拆成几个文件或改用 CSV。"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(path, read_only=True)
    except BulkImportError:
        raise
    except Exception as error:  # a damaged file can trip the library anywhere
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> BulkImportError:
    return BulkImportError(f"{path} 打不开，可能没有下载完整或已损坏（{error}），没有导入；请用 Excel 打开后另存一份。")


def _records(path: Path, sheet: Any) -> Generator[Record, None, None]:
    """The rows of a sheet; the cells of a merged column all have the text that is shown for them."""
    shown: dict[int, tuple[int, str]] = {}  # column -> (last row, text) of the merged cell we are in
    try:
        merged = _merged_columns(path, sheet)
        blank = 0
        for line, row in enumerate(_quietly(sheet.iter_rows()), 1):
            blank = 0 if any(cell.value is not None for cell in row) else blank + 1
            if line > _LAST_ROW or blank > _MOST_BLANK:
                raise BulkImportError(
                    f"{path} 到第 {line} 行还没有完，前面有 {blank} 个空行，没有导入；请删掉数据下面的空行后另存。"
                )
            cells = [_text(cell) for cell in row]
            for column, last in merged.pop(line, ()):
                shown[column] = last, cells[column] if column < len(cells) else ""
            for column, (last, text) in shown.items():
                if line <= last and column < len(cells):
                    cells[column] = text
            yield Record(line, cells)
    except BulkImportError:
        raise
    except Exception as error:
        raise _damaged(path, error) from error


def _quietly(rows: Iterator[Any]) -> Iterator[Any]:
    """The rows, without what the library has to say about styles and extensions on the way."""
    while True:
        with warnings.catch_warnings():  # not around the yield: it would hold for everybody else as well
            warnings.simplefilter("ignore")
            row = next(rows, None)
        if row is None:
            return
        yield row


def _merged_columns(path: Path, sheet: Any) -> dict[int, list[tuple[int, int]]]:
    """First row -> (column from 0, last row) of what is merged downwards. openpyxl doesn't tell while it streams."""
    merged: dict[int, list[tuple[int, int]]] = {}
    with zipfile.ZipFile(path) as archive, archive.open(sheet._worksheet_path) as part:
        rest = b""
        while chunk := part.read(_CHUNK):
            text = rest + chunk
            end = 0
            for match in _MERGED.finditer(text):
                column, first, _, last = range_boundaries(match[1].decode())
                merged.setdefault(first, []).append((column - 1, last))
                end = match.end()
            rest = text[max(end, len(text) - 100) :]
    return merged


def _text(cell: Any) -> str:
    """What a person reads in a cell."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Unreadable("是公式，请选中它复制，再“选择性粘贴→数值”。")
    if cell.data_type == "e":
        return Unreadable(f"是错误值 {value}，请改正。")
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_x000D_", "\r")


def write_xlsx(target: Path, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Write the rows as a sheet with filters and choices, and a sheet that says what goes into which column."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("知识条目")
    sheet.freeze_panes = "C2"
    for number, column in enumerate(columns, 1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTHS.get(column.name, 14)
        if column.choices:
            choices = DataValidation("list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            choices.add(f"{letter}2:{letter}{_LAST_ROW}")
            sheet.data_validations.append(choices)
    sheet.append([_styled(sheet, column.heading, bold=True) for column in columns])
    last = 1
    for last, row in enumerate(rows, 2):  # noqa: B007  # used below
        sheet.append([_cell(sheet, text) for text in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{last}"
    _write_notes(workbook, columns)
    workbook.save(target)


def _write_notes(workbook: Any, columns: Sequence[Column]) -> None:
    sheet = workbook.create_sheet("填写说明")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 18, 80
    for column in columns:
        sheet.append([_styled(sheet, column.heading, bold=True), column.note])


def _cell(sheet: Any, text: str) -> object:
    text = guarded(text)
    if len(text.encode("utf-16-le")) > 2 * _LONGEST_CELL:
        return TOO_LONG_FOR_CELL
    return _styled(sheet, text) if "\n" in text else text


def _styled(sheet: Any, text: str, bold: bool = False) -> object:
    cell = WriteOnlyCell(sheet, text)
    cell.alignment = _WRAPPED
    if bold:
        cell.font = _BOLD
    return cell
