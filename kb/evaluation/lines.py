"""Lines of the files that an evaluation reads. What can't be read is an EvalError that names file and line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from kb.errors import EvalError


def json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """(line number, object) for every line that is not empty."""
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EvalError(f"{path}:{number}: 不是 JSON：{error}") from None
        if not isinstance(row, dict):
            raise EvalError(f"{path}:{number}: 每行须是一个 JSON 对象。")
        yield number, row


def tsv(path: Path, columns: int) -> Iterator[tuple[int, list[str]]]:
    """(line number, the first ``columns`` fields) for every line that is not empty; further fields are ignored."""
    for number, line in _lines(path):
        row = line.split("\t")
        if len(row) < columns:
            raise EvalError(f"{path}:{number}: 应有 {columns} 列，用制表符分开，这里只有 {len(row)} 列。")
        yield number, row[:columns]


def whole_number(path: Path, number: int, text: str, what: str) -> int:
    """``text`` as an integer; ``what`` names it in the error."""
    try:
        return int(text)
    except ValueError:
        raise EvalError(f"{path}:{number}: {what}须是整数，这里是“{text}”。") from None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except OSError as error:
        raise EvalError(f"读不了 {path}：{error.strerror}。请检查文件名和权限。") from None
    except UnicodeDecodeError:
        raise EvalError(f"读不了 {path}：不是 UTF-8 编码。请另存为 UTF-8。") from None
