"""Some of the lines, laid out and sorted so that what stands in them is found at once; a segment never changes.

As in a search engine, entries that were edited make a small segment of their own beside the big one, and are passed
over there: ``gone`` are the ranks of those everywhere here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from kb.suggest.cells import CutText
from kb.suggest.keystrokes import Piece, Reading, Spelling
from kb.suggest.lines import FIT_MASK, FIT_SHIFT, RANK_MASK, Fit, Layout, Line, lay_out
from kb.suggest.suffixes import CELL_BITS, SEPARATOR, Cells, Order, SuffixTable, best_keys

_RAISED = {
    int(Fit.TITLE_START): Fit.WHOLE_TITLE - Fit.TITLE_START,
    int(Fit.QUESTION_START): Fit.WHOLE_QUESTION - Fit.QUESTION_START,
}
_NONE = np.empty(0, dtype=np.int64)


def rank_of(key: int) -> int:
    """The rank in the key of a cell."""
    return key >> CELL_BITS & RANK_MASK


@dataclass(frozen=True, slots=True)
class Frame:
    """What takes long to make of lines: they are laid out, and the cells of each spelling in order."""

    layout: Layout
    orders: tuple[Order, Order, Order]
    source: memoryview | None = None  # what it is mapped from

    @classmethod
    def of(cls, lines: Iterable[Line], cells_of: Callable[[str], CutText]) -> Frame:
        """The frame of ``lines``, cut by ``cells_of``."""
        layout = lay_out(lines, cells_of)
        every_cell = np.arange(len(layout.literal), dtype=np.int32)
        orders = (
            Order.of(layout.literal, every_cell),
            Order.of(layout.spelled, layout.letters),
            Order.of(layout.initials, every_cell),
        )
        return cls(layout, orders)


class Segment:
    """``lines`` in their ``frame``; those of one entry stand together."""

    def __init__(self, lines: Iterable[Line], frame: Frame) -> None:
        layout = frame.layout
        self._lines, self._line_of = layout.laid(lines), layout.line_of
        self._keys = layout.keys(self._lines)
        self._letters_of, self._letters, self._origin = layout.letters, layout.letters.data, layout.origin.data
        every_cell = range(len(layout.literal))
        starts = (every_cell, self._letters, every_cell)
        texts = (layout.literal, layout.spelled, layout.initials)
        self._tables = tuple(  # by Spelling
            SuffixTable(text, begins, self._keys, order)
            for text, begins, order in zip(texts, starts, frame.orders, strict=True)
        )
        self._syllables, self._spelled = layout.syllables, layout.spelled
        self._first_cells = np.searchsorted(layout.line_of, np.arange(len(self._lines) + 1))

    @classmethod
    def of(cls, lines: Iterable[Line], cells_of: Callable[[str], CutText]) -> Segment:
        """Lay out ``lines``, cut by ``cells_of``."""
        lines = list(lines)
        return cls(lines, Frame.of(lines, cells_of))

    def without(self, ranks: Collection[int]) -> Part:
        """What is left of it when the entries with these ranks are gone."""
        gone_lines = np.flatnonzero(np.isin([line.rank for line in self._lines], list(ranks))) if ranks else _NONE
        return Part(self, frozenset(ranks), gone_lines)

    def syllables(self, gone_lines: Iterable[int]) -> Iterator[str]:
        """The syllables of all lines but these."""
        lost = Counter(syllable for line in gone_lines for syllable in self._syllables_of(line))
        return (syllable for syllable, count in self._syllables.items() if count > lost[syllable])

    def lines_with(self, gram: str) -> NDArray[np.bool_]:
        """Per line, whether ``gram`` stands in it."""
        table = self._tables[Spelling.LITERAL]
        has_it = np.zeros(self.count, np.bool_)
        has_it[self._line_of[table.cells(table.span(gram))]] = True
        return has_it

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def first_key(self, line: int) -> int:
        """The key of the first cell of a line."""
        return int(self._keys[self._first_cells[line]])

    def _syllables_of(self, line: int) -> Iterator[str]:
        first, separator = self._first_cells[line], self._first_cells[line + 1] - 1
        for cell in range(first, separator):
            yield self._spelled[self._letters[cell] : self._letters[cell + 1]]

    # --- matches

    def best(self, pieces: Sequence[Piece], limit: int, gone: Collection[int]) -> dict[int, int]:
        """The best ``limit`` entries where ``pieces`` stand in a row, rank → best key."""
        count = 2 * limit  # an entry may match in several places
        while True:
            found: dict[int, int] = {}
            keys = self._best_keys(pieces, count)
            for key in keys:
                rank = rank_of(key)
                if rank not in found and rank not in gone:
                    found[rank] = key
                    if len(found) == limit:
                        return found
            if len(keys) < count:
                return found
            count *= 8

    def by_sound(self, reading: Reading, gone: Collection[int]) -> Iterator[int]:
        """The keys in order of the cells that sound like ``reading``, one piece a cell."""
        cells = self._in_a_row(reading.pieces)
        for shift, piece in enumerate(reading.pieces):  # ji is not the beginning of jin here
            ends = self._letters_of[cells + shift + 1]  # a cell that matched is never the last: that is a separator
            cells = cells[ends - self._letters_of[cells + shift] == len(piece.keys)]
        return (key for key in np.sort(self._keys[cells]).tolist() if rank_of(key) not in gone)

    def line(self, cell: int) -> Line:
        """The line of a cell."""
        line: Line = self._lines[self._line_of[cell]]
        return line

    def marks(self, cell: int, reading: Reading) -> tuple[tuple[int, int], ...]:
        """The [start, end) range of its line in which ``reading`` stands from ``cell`` on."""
        end = cell
        for _, keys, width in reading.pieces:
            end = self._end_of_pinyin(keys, end) if width is None else end + width
        return ((self._origin[cell], self._origin[end - 1] + 1),)

    def _end_of_pinyin(self, keys: str, cell: int) -> int:
        last_letter = self._letters[cell] + len(keys) - 1
        return bisect_right(self._letters, last_letter, cell, min(cell + len(keys), len(self._letters)))

    def _best_keys(self, pieces: Sequence[Piece], count: int) -> list[int]:
        """The ``count`` best keys of the cells where ``pieces`` stand in a row."""
        if len(pieces) > 1:
            return best_keys(self._keys[self._in_a_row(pieces)], count)
        table, typed = self._tables[pieces[0].spelling], pieces[0].keys
        span = table.span(typed)
        keys = table.best(span, count)
        if table.ends_line(typed, span):
            whole_lines = table.cells(table.span(SEPARATOR + typed + SEPARATOR)) + 1
            keys = sorted([*map(_of_whole_line, best_keys(self._keys[whole_lines], count)), *keys])
        return keys

    def _in_a_row(self, pieces: Sequence[Piece]) -> Cells:
        """The cells where the first of ``pieces`` begins and the others follow."""
        tables = [self._tables[piece.spelling] for piece in pieces]
        spans = [table.span(piece.keys) for table, piece in zip(tables, pieces, strict=True)]
        if any(low == high for low, high in spans):
            return np.empty(0, dtype=np.int32)
        shifts = list(accumulate((piece.width or 0 for piece in pieces[:-1]), initial=0))
        rarest = min(range(len(spans)), key=lambda i: spans[i][1] - spans[i][0])
        cells = tables[rarest].cells(spans[rarest]) - shifts[rarest]
        for table, span, shift in zip(tables, spans, shifts, strict=True):
            cells = cells[table.within(cells + shift, span)]
        return cells


@dataclass(frozen=True, slots=True)
class Part:
    """A segment, the entries ``gone`` from it (ranks), and the lines of these."""

    segment: Segment
    gone: frozenset[int]
    gone_lines: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many lines are left."""
        return self.segment.count - len(self.gone_lines)

    def syllables(self) -> Iterator[str]:
        """The syllables of the lines that are left."""
        return self.segment.syllables(self.gone_lines.tolist())

    def lines_with(self, gram: str) -> NDArray[np.bool_]:
        """Per line of the segment, whether it is left and ``gram`` stands in it."""
        has_it = self.segment.lines_with(gram)
        has_it[self.gone_lines] = False
        return has_it

    def scores(self) -> NDArray[np.float64]:
        """A score of 0 per line of the segment; what is not left has none that is high enough for anything."""
        scores = np.zeros(self.segment.count)
        scores[self.gone_lines] = -np.inf
        return scores


def _of_whole_line(key: int) -> int:
    """The key of a match at the start of a line, raised because it is all of the line."""
    return key + (_RAISED[key >> FIT_SHIFT & FIT_MASK] << FIT_SHIFT)
