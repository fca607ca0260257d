"""What is indexed: units (one Han character, one run of letters, one run of digits) and pairs of adjacent units.

Measured on five sets of real customer questions, units plus pairs find the right article more often than
dictionary words, and adding words on top gains nothing (``docs/decisions/0003-index-characters-and-pairs.md``).
They need no dictionary, so no product name can be cut wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_UNIT = re.compile(r"[a-z]+|[0-9]+|[^\W_a-z0-9]")


def unit_spans(folded: str) -> Iterator[tuple[str, int, int]]:
    """(unit, start, end) for every unit of a folded text, in order."""
    for match in _UNIT.finditer(folded):
        yield match.group(), match.start(), match.end()


def is_han_unit(unit: str) -> bool:
    """Whether a unit is one ideograph (or another single letter), not a run of ASCII letters or digits."""
    return not unit.isascii()


def grams(folded: str, *, every_unit: bool = True) -> list[str]:
    """The index tokens of a folded text: each unit, and each pair of units that touch.

    With ``every_unit=False`` (long texts) a Han character that is part of a pair is left out: alone it says
    little there and would triple the index; letters, digits and lonely characters stay findable.
    """
    tokens: list[str] = []
    add = tokens.append
    previous, previous_end, paired = "", -1, False
    for match in _UNIT.finditer(folded):  # not unit_spans(): this loop sees every character of every article
        unit = match[0]
        start, end = match.span()
        touches = start == previous_end
        if not (every_unit or touches or paired or previous.isascii()):
            add(previous)
        if touches:
            add(previous + unit)
        if every_unit or unit.isascii():
            add(unit)
        previous, previous_end, paired = unit, end, touches
    if not (every_unit or paired or previous.isascii()):
        add(previous)
    return tokens
