"""CSV as spreadsheets write it: comma, semicolon or tab; UTF-8, UTF-16 with a byte order mark, or GB18030."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import TextIO

from kb.bulk.columns import Columns
from kb.bulk.rows import Source
from kb.bulk.tables import Record, Table
from kb.errors import BulkImportError
from kb.text.spreadsheets import guarded

_LONGEST_CELL = 16 * 1024 * 1024  # characters; more is a quotation mark that was never closed
_CHUNK = 1 << 20
_HAN = re.compile(r"[\u4e00-\u9fff]")


def read_csv(path: Path, columns: Columns) -> Source:
    """The rows of a CSV file. Raises BulkImportError when it can't be read, also while the rows are taken."""
    encoding = _encoding(path)
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = _delimiter(path, encoding, columns)
    total = sum(1 for _ in _records(path, encoding, delimiter))
    records = _records(path, encoding, delimiter)
    table = Table(records, columns, strict_width=True)
    return Source(table.rows(), total, table.unused, records.close)


def write_csv(target: TextIO, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table; open ``target`` as ``utf-8-sig`` with ``newline=""``: without the mark Excel garbles Chinese."""
    writer = csv.writer(target)
    writer.writerow(headings)
    writer.writerows([guarded(cell) for cell in row] for row in rows)


def _records(path: Path, encoding: str, delimiter: str) -> Generator[Record, None, None]:
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        line = 1
        try:
            for cells in reader:
                yield Record(line, cells)
                line = reader.line_num + 1
        except csv.Error as error:
            raise BulkImportError(
                f"{path} 从第 {line} 行起读不下去（{error}），没有导入；多半是有一个引号没有成对，请检查那一行。"
            ) from None


def _delimiter(path: Path, encoding: str, columns: Columns) -> str:
    """The one with which the first lines make most sense as headings."""
    with path.open(encoding=encoding, newline="") as file:
        top = [line for line, _ in zip(file, range(10), strict=False)]

    def known(delimiter: str) -> int:
        return max((sum(map(bool, columns.names_of(cells))) for cells in _split(top, delimiter)), default=0)

    return max(",\t;", key=known)


def _split(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return []


def _encoding(path: Path) -> str:
    """The encoding of the whole file. Raises BulkImportError, naming a line, when none fits."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    problem = _decode_all(path, "utf-8-sig")
    if problem is None:
        return "utf-8-sig"
    line, is_utf8 = problem
    if not is_utf8 and not start.startswith(codecs.BOM_UTF8) and _decode_all(path, "gb18030") is None:
        return "gb18030"
    raise BulkImportError(f"{path} 第 {line} 行有无法识别的字节，没有导入；请另存为 UTF-8 编码后重试。")


def _decode_all(path: Path, encoding: str) -> tuple[int, bool] | None:
    """None when the file is in this encoding, else the first line that isn't and whether Chinese was read before it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, has_han = 1, False
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start]
                return line + before.count(b"\n"), has_han or bool(_HAN.search(before.decode(encoding, "ignore")))
            if not chunk:
                return None
            line += text.count("\n")
            has_han = has_han or bool(_HAN.search(text))
