"""What is suggested when nothing contains the input as it was typed: lines that have most of it, in any order.

忘记密码 → 忘记门锁密码, 换手机号 → 更换登录手机号. As in search, texts are compared by their units and touching pairs,
and the rarer one of these is, the more it says.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kb.suggest.suffixes import SuffixTable
from kb.text.grams import grams, unit_spans
from kb.text.normalize import normalize_with_offsets

#: This much of what was typed, weighed by rarity, has to stand in a line.
_SHARE = 0.5


def lines_with_most(typed: str, table: SuffixTable, line_of: NDArray[np.int32]) -> list[int]:
    """The lines that have most of ``typed``, best first. ``line_of``: the number of each cell's line."""
    count = int(line_of[-1]) + 1
    scores, whole = np.zeros(count), 0.0
    for gram in dict.fromkeys(grams(typed)):
        has_it = np.zeros(count, np.bool_)
        has_it[line_of[table.cells(table.span(gram))]] = True
        weight = math.log(1 + count / (np.count_nonzero(has_it) + 0.5))
        scores += weight * has_it
        whole += weight
    enough = np.flatnonzero(scores >= _SHARE * whole)
    found: list[int] = enough[np.argsort(-scores[enough], kind="stable")].tolist()
    return found


def marks_of_units(typed: str, text: str) -> tuple[tuple[int, int], ...]:
    """The [start, end) ranges of ``text`` that consist of units of ``typed``."""
    wanted = {unit for unit, _, _ in unit_spans(typed)}
    folded, offsets = normalize_with_offsets(text)
    marks: list[tuple[int, int]] = []
    for unit, start, end in unit_spans(folded):
        if unit in wanted:
            first, after = (start, end) if offsets is None else (offsets[start], offsets[end - 1] + 1)
            touches = bool(marks) and marks[-1][1] == first
            marks[-1:] = [(marks[-1][0], after)] if touches else [*marks[-1:], (first, after)]
    return tuple(marks)
