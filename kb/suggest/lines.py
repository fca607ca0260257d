"""The lines that can be suggested, laid end to end in the three ways in which they can be typed.

A line is cut into cells: one letter, digit or Chinese character each; blanks and punctuation are left out because
nobody types them. A cell is typed as itself, as the pinyin of its character or as the first letter of that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from kb.suggest.suffixes import CELL_BITS, SEPARATOR, Cells, Keys
from kb.text.normalize import normalize_with_offsets
from kb.text.pinyin import syllables

_RANK_BITS = 24
_FIT_BITS = 3
RANK_MASK = (1 << _RANK_BITS) - 1
FIT_MASK = (1 << _FIT_BITS) - 1
FIT_SHIFT = CELL_BITS + _RANK_BITS
_GROUP_SHIFT = FIT_SHIFT + _FIT_BITS
#: The key of a separator: no cell is worse.
_NEVER = 1 << _GROUP_SHIFT + 3

_LONGEST_WORD = 3


class Fit(IntEnum):
    """Where in its entry a match is, best first. One that begins inside a word is often an accident."""

    WHOLE_TITLE = 0
    WHOLE_QUESTION = 1
    TITLE_START = 2
    TITLE_WORD = 3
    QUESTION_START = 4
    QUESTION_WORD = 5
    TITLE_MIDDLE = 6
    QUESTION_MIDDLE = 7


@dataclass(frozen=True, slots=True)
class Line:
    """A title or question of the entry number ``rank``. All of one ``group`` are shown before the next."""

    text: str
    rank: int
    group: int = 0
    is_title: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """All lines in three spellings. Every line stands between separators, which are cells of their own.

    ``lines``: what was laid out, in order; a line that can be read in several ways comes as often.
    Per cell: ``line_of`` its line's number in ``lines`` (a separator belongs to the line before it), ``letters`` its
    offset in ``spelled`` (in the other two that is the cell's number), ``origin`` its offset in the text of its
    line, ``keys`` how good it is: group, fit, rank, number of the cell. ``syllables`` are counted.
    """

    lines: list[Line]
    literal: str
    spelled: str
    initials: str
    line_of: Cells
    letters: Cells
    origin: Cells
    keys: Keys
    syllables: Mapping[str, int]


def lay_out(lines: Iterable[Line], is_word: Callable[[str], bool]) -> Layout:
    """Lay out ``lines``; ``is_word`` tells whether a folded string is a word."""
    laid: list[Line] = []
    literal, spelled, origin, keys = [SEPARATOR], [SEPARATOR], [0], [_NEVER]
    for line in lines:
        cells = _cells(line.text, is_word)
        base = line.group << _GROUP_SHIFT | line.rank << CELL_BITS
        fits = _FITS_OF_TITLE if line.is_title else _FITS_OF_QUESTION
        line_keys = [base | fits[start] << FIT_SHIFT for start in cells.starts]
        for spelling in cells.spellings:
            laid.append(line)
            literal += [cells.literal, SEPARATOR]
            spelled += [*spelling, SEPARATOR]
            origin += [*cells.origin, 0]
            keys += [*line_keys, _NEVER]
    sizes = [len(line) + 1 for line in literal[1::2]]  # with the separator behind it
    return Layout(
        lines=laid,
        literal="".join(literal),
        spelled="".join(spelled),
        initials="".join(syllable[0] for syllable in spelled),
        line_of=np.repeat(np.arange(-1, len(laid), dtype=np.int32), [1, *sizes]),
        letters=np.cumsum([0, *map(len, spelled[:-1])], dtype=np.int32),
        origin=np.array(origin, dtype=np.int32),
        keys=np.array(keys, dtype=np.int64) | np.arange(len(keys)),
        syllables=Counter(syllable for syllable in spelled if syllable != SEPARATOR),
    )


class _Start(IntEnum):
    """What begins at a cell."""

    LINE = 0
    WORD = 1
    NOTHING = 2


_FITS_OF_TITLE = (Fit.TITLE_START, Fit.TITLE_WORD, Fit.TITLE_MIDDLE)
_FITS_OF_QUESTION = (Fit.QUESTION_START, Fit.QUESTION_WORD, Fit.QUESTION_MIDDLE)


class _Cells(NamedTuple):
    """The cells of one text: what they are, where they stand in the text, what begins there, how they are typed."""

    literal: str
    origin: tuple[int, ...]
    starts: bytes  # a _Start each
    spellings: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=1 << 15)
def _cells(text: str, is_word: Callable[[str], bool]) -> _Cells:
    """Cut ``text``. Kept, because of all lines only the edited ones differ from one suggester to the next."""
    folded, offsets = normalize_with_offsets(text)
    places = [at for at, char in enumerate(folded) if char.isalnum()]
    readings = syllables(folded)
    return _Cells(
        literal="".join(folded[at] for at in places),
        origin=tuple(places if offsets is None else (offsets[at] for at in places)),
        starts=bytes(_starts(folded, places, is_word)),
        spellings=tuple(_spellings([readings[at] or (folded[at],) for at in places])),
    )


def _spellings(readings: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The likeliest spelling, then each that reads a single character in another way."""
    usual = tuple(reading[0] for reading in readings)
    yield usual
    for at, reading in enumerate(readings):
        for other in reading[1:]:
            yield (*usual[:at], other, *usual[at + 1 :])


def _starts(folded: str, places: list[int], is_word: Callable[[str], bool]) -> Iterator[_Start]:
    if places:
        yield _Start.LINE
    for before, at in pairwise(places):
        yield _Start.WORD if before + 1 < at or _begins_word(folded, at, is_word) else _Start.NOTHING


def _begins_word(folded: str, at: int, is_word: Callable[[str], bool]) -> bool:
    """Whether a word begins at ``at``, right behind another character that can be typed.

    Looks words up instead of cutting the text, which goes wrong too often: 退货运费 must give 运费 too.
    """
    before, char = folded[at - 1], folded[at]
    if char.isascii() or before.isascii():
        return (char.isascii(), char.isdigit()) != (before.isascii(), before.isdigit())
    last = min(at + _LONGEST_WORD, len(folded))
    return any(is_word(folded[at:end]) for end in range(at + 2, last + 1))
