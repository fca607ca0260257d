"""The lines that can be suggested, laid end to end in the three ways in which they can be typed.

A line is cut into cells: one letter, digit or Chinese character each; blanks and punctuation are left out because
nobody types them. A cell is typed as itself, as the pinyin of its character or as the first letter of that.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from kb.suggest.cells import CutText
from kb.suggest.suffixes import CELL_BITS, SEPARATOR, Cells, Keys

_RANK_BITS = 24
_FIT_BITS = 3
RANK_MASK = (1 << _RANK_BITS) - 1
FIT_MASK = (1 << _FIT_BITS) - 1
FIT_SHIFT = CELL_BITS + _RANK_BITS
#: The grade of a separator: no cell is worse.
_NEVER = 1 << _FIT_BITS + 3


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
    """Lines in three spellings. Every line stands between separators, which are cells of their own.

    ``readings``: in how many ways each line can be read, and so often it is laid out. Per cell: ``line_of`` the number
    of its line as laid out (a separator belongs to the line before it), ``letters`` its offset in ``spelled`` (in the
    other two that is the cell's number), ``origin`` its offset in the text of its line, ``grades`` its group and Fit.
    ``syllables`` are counted. Nothing depends on ranks, which change whenever articles are used.
    """

    literal: str
    spelled: str
    initials: str
    readings: NDArray[np.int32]
    line_of: Cells
    letters: Cells
    origin: Cells
    grades: NDArray[np.uint8]
    syllables: Mapping[str, int]

    def laid(self, lines: Iterable[Line]) -> list[Line]:
        """``lines``, of which this is the layout, as they were laid out."""
        return [line for line, times in zip(lines, self.readings.tolist(), strict=True) for _ in range(times)]

    def keys(self, laid: Iterable[Line]) -> Keys:
        """How good each cell is: group, fit, rank, number of the cell."""
        grades = self.grades.astype(np.int64)
        ranks = np.array([line.rank for line in laid] or [0], dtype=np.int64)[self.line_of]
        ranks[self.grades == _NEVER] = 0
        return grades << FIT_SHIFT | ranks << CELL_BITS | np.arange(len(grades))


def lay_out(lines: Iterable[Line], cells_of: Callable[[str], CutText]) -> Layout:
    """Lay out ``lines``, cut by ``cells_of``."""
    literal, spelled, initials = [SEPARATOR], [SEPARATOR], [SEPARATOR]
    sizes, origin, grades = array("B", [1]), array("i", [0]), array("B", [_NEVER])
    readings = array("i")
    known: Counter[str] = Counter()
    for line in lines:
        cut = cells_of(line.text)
        fits = _FITS_OF_TITLE if line.is_title else _FITS_OF_QUESTION
        line_grades = [line.group << _FIT_BITS | fits[start] for start in cut.starts]
        readings.append(len(cut.spellings))
        for spelling in cut.spellings:
            typed = spelling.split()
            known.update(typed)
            literal += [cut.literal, SEPARATOR]
            spelled += ["".join(typed), SEPARATOR]
            initials += ["".join(syllable[0] for syllable in typed), SEPARATOR]
            sizes.extend([*map(len, typed), 1])
            origin.extend([*cut.origin, 0])
            grades.extend([*line_grades, _NEVER])
    cells = [len(text) + 1 for text in literal[1::2]]  # of each line, with the separator behind it
    return Layout(
        literal="".join(literal),
        spelled="".join(spelled),
        initials="".join(initials),
        readings=np.array(readings, dtype=np.int32),
        line_of=np.repeat(np.arange(-1, len(cells), dtype=np.int32), [1, *cells]),
        letters=np.cumsum([0, *sizes[:-1]], dtype=np.int32),
        origin=np.array(origin, dtype=np.int32),
        grades=np.array(grades, dtype=np.uint8),
        syllables=known,
    )


_FITS_OF_TITLE = (Fit.TITLE_START, Fit.TITLE_WORD, Fit.TITLE_MIDDLE)
_FITS_OF_QUESTION = (Fit.QUESTION_START, Fit.QUESTION_WORD, Fit.QUESTION_MIDDLE)
