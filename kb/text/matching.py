"""Finding folded strings in a folded text without cutting a number or a Latin word in two."""

from __future__ import annotations

from collections.abc import Iterable


def occurrences(folded: str, needle: str) -> list[tuple[int, int]]:
    """Every place of ``needle`` that cuts no run of letters or digits in two."""
    found = []
    at, size = folded.find(needle) if needle else -1, len(needle)
    opens, closes = needle[:1].isascii(), needle[-1:].isascii()  # at a Chinese character nothing is cut
    while at >= 0:
        if not (opens and _cuts(folded, at)) and not (closes and _cuts(folded, at + size)):
            found.append((at, at + size))
        at = folded.find(needle, at + 1)
    return found


def _cuts(folded: str, at: int) -> bool:
    """Whether position ``at`` lies inside a run of ASCII letters or inside a run of digits."""
    if not 0 < at < len(folded):
        return False
    before, after = folded[at - 1], folded[at]
    if not (before.isascii() and after.isascii()):
        return False
    return (before.isalpha() and after.isalpha()) or (before.isdigit() and after.isdigit())


def contains(folded: str, needle: str) -> bool:
    """Whether ``needle`` occurs as a whole."""
    return needle in folded and bool(occurrences(folded, needle))


def merged_occurrences(folded: str, needles: Iterable[str]) -> list[tuple[int, int]]:
    """The ranges that any of ``needles`` covers, in order; those that touch are one."""
    found: list[tuple[int, int]] = []
    for needle in needles:
        if needle in folded:  # few are: cheaper than a call
            found += occurrences(folded, needle)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
