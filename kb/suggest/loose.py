"""Which of what was typed stands in a text that has it in another order."""

from __future__ import annotations

from kb.text.grams import unit_spans
from kb.text.normalize import normalize_with_offsets


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
