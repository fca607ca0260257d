"""JSON lines: one article a line, lists as lists, everything else as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from kb.bulk.columns import CATEGORY, VERSION, Columns
from kb.bulk.rows import BadRow, Row, Source, category_cell, category_titles
from kb.errors import BulkImportError

_LISTS = frozenset({"questions", "channels", "tags", "related"})


def read_jsonl(path: Path, columns: Columns) -> Source:
    """The rows of a file in UTF-8. Raises BulkImportError when it isn't, also while the rows are taken."""
    total = sum(1 for _ in _lines(path))
    return Source((_row(line, text, columns) for line, text in _lines(path)), total)


def write_jsonl(target: TextIO, rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows, by column name; empty cells are left out but for their version, which says that they are empty."""
    for cells in rows:
        values = {name: _value(name, text) for name, text in cells.items() if text}
        target.write(json.dumps(values, ensure_ascii=False) + "\n")


def _value(name: str, text: str) -> object:
    if name == CATEGORY:
        return list(category_titles(text))
    if name in _LISTS:
        return text.replace("、", "\n").split("\n") if name != "questions" else text.split("\n")
    return text


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line
    except UnicodeDecodeError:
        raise BulkImportError(f"{path} 不是 UTF-8 编码，没有导入；请另存为 UTF-8 后重试。") from None


def _row(line: int, text: str, columns: Columns) -> Row | BadRow:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        return BadRow(line, f"不是正确的 JSON（{error}），请检查引号、逗号和括号。")
    if not isinstance(values, dict):
        return BadRow(line, '不是 JSON 对象，每行应写成 {"id": …, "title": …, "body": …}。')
    try:
        cells = _cells(values, columns)
        "".join(cells.values()).encode()
    except UnicodeEncodeError:
        return BadRow(line, "含有不成对的代理字符（如 \\ud83d），无法保存；请重新导出这一行。")
    except ValueError as error:
        return BadRow(line, str(error))
    return Row(line, cells)


def _cells(values: Mapping[str, Any], columns: Columns) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in zip(columns.names_of(values), values.values(), strict=True):
        if name is not None and value is not None:
            cells[name] = _cell(name, value)
    if cells.get(VERSION):  # a copy of a whole article: what it doesn't name is empty there
        return {**dict.fromkeys(columns.by_name, ""), **cells}
    return cells


def _cell(name: str, value: object) -> str:
    if name in _LISTS or name == CATEGORY:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise ValueError(f'{name} 应是文字的列表，如 ["甲", "乙"]。')
        lines = [" ".join(item.split()) for item in items]
        return category_cell(lines) if name == CATEGORY else "\n".join(lines)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) or (isinstance(value, int) and name != "body"):
        return str(value)
    raise ValueError(f"{name} 应是文字，请加上引号。")
