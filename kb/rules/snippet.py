"""Choosing the piece of a text that shows best why it was found."""

from __future__ import annotations

from collections.abc import Sequence

from kb.model import Snippet

#: characters shown of a body; two lines in a 360 px panel
WIDTH = 90
_LEAD = 12
_BREAKS = "。！？；\n"


def snippet(text: str, marks: Sequence[tuple[int, int]], width: int = WIDTH) -> Snippet:
    """Cut the window of about ``width`` characters that holds most matched characters; the start if none match."""
    start = _best_start(marks, width)
    start = _sentence_start(text, start)
    end = min(len(text), start + width)
    inside = [(max(a, start), min(b, end)) for a, b in marks if a < end and b > start]
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    shown = text[start:end].replace("\n", " ")
    return Snippet(before + shown + after, tuple((a + shift, b + shift) for a, b in inside))


def _best_start(marks: Sequence[tuple[int, int]], width: int) -> int:
    """The earliest mark from which a window covers the most matched characters, in one pass over ordered marks."""
    best = best_at = covered = behind = 0
    for start, end in marks:
        while behind < len(marks) and marks[behind][0] < start + width:
            covered += marks[behind][1] - marks[behind][0]
            behind += 1
        inside = covered - max(0, marks[behind - 1][1] - (start + width))
        if inside > best:
            best, best_at = inside, start
        covered -= end - start
    return best_at


def _sentence_start(text: str, at: int) -> int:
    """Move back to the start of the sentence when it is near, else by a few characters of context."""
    begin = max(0, at - 2 * _LEAD)
    nearest = max(map(text[begin:at].rfind, _BREAKS))
    if nearest >= 0:
        return begin + nearest + 1
    return 0 if at <= 2 * _LEAD else at - _LEAD
