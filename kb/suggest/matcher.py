"""Finds the entries whose lines match what was typed, best first."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.suggest.cells import CutText
from kb.suggest.keystrokes import (
    Piece,
    Reading,
    Spelling,
    Syllabary,
    run_readings,
    sound_reading,
    split_readings,
    whole_readings,
)
from kb.suggest.lines import FIT_MASK, FIT_SHIFT, RANK_MASK, Fit, Line, lay_out
from kb.suggest.loose import lines_with_most
from kb.suggest.suffixes import CELL_BITS, CELL_MASK, SEPARATOR, SuffixTable, best_keys

_RAISED = {
    int(Fit.TITLE_START): Fit.WHOLE_TITLE - Fit.TITLE_START,
    int(Fit.QUESTION_START): Fit.WHOLE_QUESTION - Fit.QUESTION_START,
}
_TITLE_FITS = frozenset((Fit.WHOLE_TITLE, Fit.TITLE_START, Fit.TITLE_WORD, Fit.TITLE_MIDDLE))


class Match(NamedTuple):
    """The best match of one entry. The fields but the last sort matches in the order in which they are shown.

    ``group_fit``: the group and the Fit, as in a key; ``cell``: where the match begins.
    """

    group_fit: int
    spelling: Spelling
    rank: int
    cell: int
    reading: Reading

    @property
    def fit(self) -> int:
        """The Fit alone."""
        return self.group_fit & FIT_MASK


class Matcher:
    """The lines of all entries, ready to be searched."""

    def __init__(self, lines: Iterable[Line], cells_of: Callable[[str], CutText]) -> None:
        layout = lay_out(lines, cells_of)
        every_cell = np.arange(len(layout.literal), dtype=np.int32)
        self._tables = (  # by Spelling
            SuffixTable(layout.literal, every_cell, layout.keys),
            SuffixTable(layout.spelled, layout.letters, layout.keys),
            SuffixTable(layout.initials, every_cell, layout.keys),
        )
        self._syllabary = Syllabary(layout.syllables)
        self._lines, self._line_of = layout.lines, layout.line_of
        self._first_cells = np.searchsorted(layout.line_of, np.arange(len(layout.lines)))
        self._sizes = np.diff(layout.letters, append=len(layout.spelled))
        self._keys = layout.keys
        self._letters = layout.letters.data
        self._origin = layout.origin.data

    def best(self, typed: str, limit: int) -> list[Match]:
        """At most ``limit`` matches, one for each entry.

        Looser ways to read the input are tried unless it is plainly pinyin.
        """
        best: dict[int, Match] = {}
        is_pinyin = False
        for readings in (whole_readings(typed), run_readings(typed), split_readings(typed, self._syllabary)):
            for reading in readings:
                found = self._distinct(reading.pieces, limit)
                is_pinyin |= bool(found) and reading.spelling is Spelling.PINYIN
                for rank, key in found.items():
                    match = Match(key >> FIT_SHIFT, reading.spelling, rank, key & CELL_MASK, reading)
                    if rank not in best or match < best[rank]:
                        best[rank] = match
            if is_pinyin:
                break
        return sorted(best.values())[:limit]

    def by_sound(self, typed: str, limit: int) -> list[Match]:
        """At most ``limit`` matches of what sounds like ``typed``, for input methods offer the wrong character."""
        reading = sound_reading(typed)
        if reading is None:
            return []
        cells = self._in_a_row(reading.pieces)
        for shift, piece in enumerate(reading.pieces):  # ji is not the beginning of jin here
            cells = cells[self._sizes[cells + shift] == len(piece.keys)]
        return self._first_of_each(np.sort(self._keys[cells]).tolist(), reading, limit)

    def loosely(self, typed: str, limit: int) -> list[Match]:
        """At most ``limit`` matches of entries that have most of ``typed``, in whatever order."""
        lines = lines_with_most(typed, self._tables[Spelling.LITERAL], self._line_of)
        keys = self._keys[self._first_cells[lines]].tolist()
        return self._first_of_each(keys, Reading(Spelling.LITERAL, ()), limit)

    def _first_of_each(self, keys: Iterable[int], reading: Reading, limit: int) -> list[Match]:
        """The first of ``keys`` for each entry, as matches in the same order."""
        found: dict[int, Match] = {}
        for key in keys:
            rank = key >> CELL_BITS & RANK_MASK
            if rank not in found:
                found[rank] = Match(key >> FIT_SHIFT, reading.spelling, rank, key & CELL_MASK, reading)
        return list(islice(found.values(), limit))

    def question(self, match: Match) -> str | None:
        """The question that matched; None when the title did."""
        line = self._lines[self._line_of[match.cell]]
        return None if line.is_title else line.text

    def marks(self, match: Match) -> tuple[tuple[int, int], ...]:
        """The [start, end) range of the title that was typed; none when a question matched."""
        if match.fit not in _TITLE_FITS:
            return ()
        end = match.cell
        for _, keys, width in match.reading.pieces:
            end = self._end_of_pinyin(keys, end) if width is None else end + width
        return ((self._origin[match.cell], self._origin[end - 1] + 1),)

    def _end_of_pinyin(self, keys: str, cell: int) -> int:
        last_letter = self._letters[cell] + len(keys) - 1
        return bisect_right(self._letters, last_letter, cell, min(cell + len(keys), len(self._letters)))

    def _distinct(self, pieces: Sequence[Piece], limit: int) -> dict[int, int]:
        """The best ``limit`` entries, rank → best key."""
        count = 2 * limit  # an entry may match in several places
        while True:
            found: dict[int, int] = {}
            keys = self._best(pieces, count)
            for key in keys:
                rank = key >> CELL_BITS & RANK_MASK
                if rank not in found:
                    found[rank] = key
                    if len(found) == limit:
                        return found
            if len(keys) < count:
                return found
            count *= 8

    def _best(self, pieces: Sequence[Piece], count: int) -> list[int]:
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

    def _in_a_row(self, pieces: Sequence[Piece]) -> NDArray[np.int64]:
        """The cells where the first of ``pieces`` begins and the others follow."""
        tables = [self._tables[piece.spelling] for piece in pieces]
        spans = [table.span(piece.keys) for table, piece in zip(tables, pieces, strict=True)]
        if any(low == high for low, high in spans):
            return np.empty(0, dtype=np.int64)
        shifts = list(accumulate((piece.width or 0 for piece in pieces[:-1]), initial=0))
        rarest = min(range(len(spans)), key=lambda i: spans[i][1] - spans[i][0])
        cells = tables[rarest].cells(spans[rarest]) - shifts[rarest]
        for table, span, shift in zip(tables, spans, shifts, strict=True):
            cells = cells[table.within(cells + shift, span)]
        return cells


def _of_whole_line(key: int) -> int:
    """The key of a match at the start of a line, raised because it is all of the line."""
    return key + (_RAISED[key >> FIT_SHIFT & FIT_MASK] << FIT_SHIFT)
