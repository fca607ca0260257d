"""Finding a folded string in a folded text without cutting a number or a Latin word in two."""

from __future__ import annotations

from collections.abc import Iterator


def occurrences(folded: str, needle: str) -> Iterator[tuple[int, int]]:
    """Every place of ``needle`` that cuts no run of letters or digits in two."""
    at = folded.find(needle) if needle else -1
    while at >= 0:
        end = at + len(needle)
        if not _cuts(folded, at) and not _cuts(folded, end):
            yield at, end
        at = folded.find(needle, at + 1)


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
    return next(occurrences(folded, needle), None) is not None
