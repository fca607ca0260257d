"""Rows of a knowledge base from elsewhere, one JSON object a line, brought into one shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import BulkImportError
from kb.text.sections import as_one_section


@dataclass(frozen=True, slots=True)
class Row:
    """One question with its answer. ``category``: folder titles from the top down.

    Empty ``questions`` and an empty ``script`` mean that the row says nothing about them.
    """

    id: str
    title: str
    questions: tuple[str, ...]
    script: str
    category: tuple[str, ...]


def read_jsonl(path: Path) -> Iterator[tuple[int, Row | str]]:
    """(line, row) for every line that isn't blank; in place of a row that can't be used, the reason.

    Raises BulkImportError when the file can't be read at all.
    """
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _row(line)
    except UnicodeDecodeError:
        raise BulkImportError(f"{path} 不是 UTF-8 编码，没有导入；请另存为 UTF-8 后重试。") from None
    except OSError as error:
        raise BulkImportError(f"读不了 {path}（{error.strerror}），没有导入；请检查路径和权限。") from None


def _row(line: str) -> Row | str:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"不是正确的 JSON（{error}），请检查引号、逗号和括号。"
    if not isinstance(values, dict):
        return '不是 JSON 对象，每行应写成 {"id": …, "title": …, "body": …}。'
    try:
        row = _read(values)
        "".join((row.title, *row.questions, row.script, *row.category)).encode()
    except UnicodeEncodeError:
        return "含有不成对的代理字符（如 \\ud83d），无法保存；请重新导出这一行。"
    except ValueError as error:
        return str(error)
    return row


def _read(values: Mapping[str, Any]) -> Row:
    body = values.get("body") or ""
    if not isinstance(body, str):
        raise ValueError("body 应是文字，请加上引号。")
    return Row(
        id=_line(values, "id"),
        title=_line(values, "title"),
        questions=_lines("questions", values.get("questions") or values.get("aliases") or []),
        script=as_one_section("\n".join(body.splitlines()).strip()),
        category=_lines("category", values.get("category") or []),
    )


def _line(values: Mapping[str, Any], name: str) -> str:
    """A required text on one line."""
    value = values.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"缺少 {name}，请补上。")
    return " ".join(value.split())


def _lines(name: str, value: object) -> tuple[str, ...]:
    """A list of one-line texts without empty ones and repetitions; a single text counts as a list of one."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(f'{name} 应是文字的列表，如 ["甲", "乙"]。')
    return tuple(dict.fromkeys(text for item in items if (text := " ".join(item.split()))))
