"""One article as a row of texts, and how a category is written into one cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_PART = re.compile(r"(?:\\.|[^/\\]|\\$)+", re.DOTALL)
_SPECIAL = re.compile(r"[/\\]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells that a row has, by column name; a column that the file doesn't have is not there.

    ``line`` counts from 1 as the reader of the file counts: rows of a sheet, lines of a text.
    """

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that can't be used, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a file holds; ``close`` it when done. ``total``: how many rows at most, for a progress bar; ``unused``:
    headings without meaning."""

    rows: Iterator[Row | BadRow]
    total: int
    unused: tuple[str, ...] = ()
    close: Callable[[], None] = lambda: None


def category_cell(titles: Iterable[str]) -> str:
    """Folder titles from the top down as the text of a cell."""
    return "/".join(_SPECIAL.sub(r"\\\g<0>", title) for title in titles)


def category_titles(cell: str) -> tuple[str, ...]:
    """The folder titles that a cell names: ``产品/场景``; a backslash takes the meaning from a ``/``."""
    titles = (" ".join(_ESCAPED.sub(r"\1", part).split()) for part in _PART.findall(cell))
    return tuple(title for title in titles if title)


def is_blank(cells: Sequence[str]) -> bool:
    """Whether a row of a table holds nothing."""
    return not any(cell.strip() for cell in cells)
