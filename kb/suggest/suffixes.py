"""A suffix array: at which cells of many lines does a string begin, and which of them are the best?

Both take time that hardly depends on how many lines there are or how many match: the first is a binary
search, the second looks at the best cell of each block of the answer before it opens a block.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Stands before, between and after lines; sorts before every other character.
SEPARATOR = "\0"

#: The low bits of a key are the number of its cell.
CELL_BITS = 32
CELL_MASK = (1 << CELL_BITS) - 1

_BLOCK = 32

#: So many characters of a suffix are compared as one number, which takes one search in C.
_HEAD = 3
_CHAR_BITS = 21

#: [low, high): a range of places in a table's order.
Span: TypeAlias = tuple[int, int]

Cells: TypeAlias = NDArray[np.int32]
Keys: TypeAlias = NDArray[np.int64]


def _heads(text: str) -> NDArray[np.int64]:
    """The first characters of every suffix as one number that sorts as they do."""
    codes = np.frombuffer((text + SEPARATOR * _HEAD).encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    heads = np.zeros(len(text), dtype=np.int64)
    for at in range(_HEAD):
        heads = heads << _CHAR_BITS | codes[at : at + len(text)]
    return heads


def _suffix_order(text: str, heads: NDArray[np.int64]) -> NDArray[np.intp]:
    """Positions of ``text``, a run of lines in separators, in the order of what follows them, to the end of the line.

    Prefix doubling: once sorted by their first n characters, suffixes are sorted by 2n through the rank of what follows
    n later. Only those are sorted again which are not alone at their rank yet and whose line goes on (Larsson and
    Sadakane, Faster suffix sorting, 2007). numpy sorts without the interpreter lock: no request stalls.
    """
    left = _to_end_of_line(text)
    order, rank, width = np.argsort(heads), np.empty(len(text), dtype=np.int64), _HEAD
    places = np.arange(len(text))  # in the order, where it is not known yet
    groups = heads[order]
    while len(places):
        first = np.concatenate(([True], groups[1:] != groups[:-1]))
        rank[order[places]] = places[np.maximum.accumulate(np.where(first, np.arange(len(places)), 0))]
        shared = ~first | ~np.append(first[1:], True)
        places = places[shared & (left[order[places]] >= width)]
        at = order[places]
        groups = rank[at] << CELL_BITS | rank[at + width]
        again = np.argsort(groups)
        order[places], groups = at[again], groups[again]
        width *= 2
    return order


def _to_end_of_line(text: str) -> NDArray[np.int64]:
    """For each position of ``text``, how many characters on the next separator is; the last one is its own."""
    ends = np.flatnonzero(np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32) == ord(SEPARATOR))
    positions = np.arange(len(text))
    return ends[np.searchsorted(ends[:-1], positions, side="right")] - positions


@dataclass(frozen=True, slots=True)
class Order:
    """The cells of a text in the order of what begins at them.

    ``cells``: their numbers in that order; ``places``: where in it each is. ``heads`` are what they begin with, each
    once, and ``bounds`` where in the order each of these begins, and where it ends.
    """

    cells: Cells
    places: Cells
    heads: NDArray[np.int64]
    bounds: Cells

    @classmethod
    def of(cls, text: str, starts: Cells) -> Order:
        """Sort the cells of ``text``; cell i begins at ``starts[i]``."""
        cell_at = np.full(len(text), -1, dtype=np.int32)
        cell_at[starts] = np.arange(len(starts), dtype=np.int32)
        heads = _heads(text)
        cells = cell_at[_suffix_order(text, heads)]
        cells = cells[cells >= 0]
        places = np.empty_like(cells)
        places[cells] = np.arange(len(cells), dtype=np.int32)
        heads, bounds = np.unique(heads[starts[cells]], return_index=True)
        return cls(cells, places, heads, np.append(bounds, len(cells)).astype(np.int32))


class SuffixTable:
    """Finds the cells of ``text`` at which a string begins; cell i begins at ``starts[i]``, ``order`` is theirs.

    ``keys[i]`` says how good cell i is (the smaller, the better) and ends in its number. A span [low, high)
    is a range of this table's own order and stands for the cells that matched.
    """

    def __init__(self, text: str, starts: Sequence[int], keys: Keys, order: Order) -> None:
        self._text, self._starts, self._keys = text, starts, keys
        self._cells, self._in_order = order.cells, order.cells.data
        self._place, self._heads, self._bounds = order.places, order.heads, order.bounds.data
        full = len(order.cells) // _BLOCK
        self._blocks = order.cells[: full * _BLOCK].reshape(full, _BLOCK)
        self._best_of_block = keys[self._blocks].min(axis=1, initial=np.iinfo(np.int64).max)

    def span(self, typed: str) -> Span:
        """The span of the cells where ``typed`` begins; empty (low == high) when there are none."""
        head = 0
        for char in typed[:_HEAD]:
            head = head << _CHAR_BITS | ord(char)
        open_bits = _CHAR_BITS * max(_HEAD - len(typed), 0)
        first, last = self._heads.searchsorted((head << open_bits, (head + 1) << open_bits)).tolist()
        low, high = self._bounds[first], self._bounds[last]
        if low < high and len(typed) > _HEAD:
            return self._narrowed(low, high, typed)
        return low, high

    def _narrowed(self, low: int, high: int, typed: str) -> Span:
        text, starts, size = self._text, self._starts, len(typed)

        def start(cell: int) -> str:
            return text[starts[cell] : starts[cell] + size]

        low = bisect_left(self._in_order, typed, low, high, key=start)
        return low, bisect_right(self._in_order, typed, low, high, key=start)

    def ends_line(self, typed: str, span: Span) -> bool:
        """Whether any line ends behind ``typed``; if so, the first one of its span does."""
        return span[0] < span[1] and self._text[self._starts[self._in_order[span[0]]] + len(typed)] == SEPARATOR

    def best(self, span: Span, count: int) -> list[int]:
        """The ``count`` best keys of a span in order; fewer when the span has fewer."""
        return best_keys(self._shortlist(span, count), count)

    def _shortlist(self, span: Span, count: int) -> Keys:
        """Keys of a span, the ``count`` best surely among them."""
        low, high = span
        first, last = -(-low // _BLOCK), high // _BLOCK
        if last - first <= count:
            return self._keys[self._cells[low:high]]
        # each of the ``count`` best blocks has a cell at least as good as all cells of every other block
        blocks = first + self._best_of_block[first:last].argpartition(count)[:count]
        ends = self._cells[low : first * _BLOCK], self._cells[last * _BLOCK : high]
        keys: Keys = self._keys[np.concatenate((self._blocks[blocks].ravel(), *ends))]
        return keys

    def cells(self, span: Span) -> Cells:
        """All cells of a span."""
        return self._cells[span[0] : span[1]]

    def within(self, cells: Cells, span: Span) -> NDArray[np.bool_]:
        """Which of ``cells`` belong to a span; numbers beyond the first or last cell belong to none.

        (They are taken for these two, which are separators and so never match anything typed.)
        """
        place = self._place.take(cells, mode="clip")
        return (place >= span[0]) & (place < span[1])


def best_keys(keys: Keys, count: int) -> list[int]:
    """The ``count`` smallest keys in order."""
    if len(keys) > count:
        keys = np.partition(keys, count)[:count]
    return sorted(keys.tolist())
