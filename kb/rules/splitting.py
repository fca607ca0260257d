"""Long texts in parts that are no longer than a messenger takes, counted in bytes as messengers do."""

from __future__ import annotations

import re

#: bytes; UTF-8 needs as many for one character
_LONGEST_CHARACTER = 4


def split_by_bytes(text: str, limit: int) -> list[str]:
    """Parts of ``text`` of at most ``limit`` bytes of UTF-8, which joined are the text; none for no text.

    Cut at line ends, the line feed staying with its line; a line that is too long by itself is cut between characters.
    Raises ValueError for a limit into which not every character fits.
    """
    if limit < _LONGEST_CHARACTER:
        raise ValueError(f"a limit of {limit} bytes is too small for a character")
    parts, part, size = [], "", 0
    for piece in _pieces(text, limit):
        length = len(piece.encode())
        if size + length > limit:
            parts.append(part)
            part, size = "", 0
        part, size = part + piece, size + length
    return [*parts, part] if part else parts


def _pieces(text: str, limit: int) -> list[str]:
    """The lines with their line feeds; of those that are too long, pieces that are not."""
    return [piece for line in re.findall(r"[^\n]*\n|[^\n]+", text) for piece in _cut(line, limit)]


def _cut(line: str, limit: int) -> list[str]:
    pieces, data = [], line.encode()
    while len(data) > limit:
        end = limit
        while data[end] & 0b1100_0000 == 0b1000_0000:  # within a character
            end -= 1
        pieces.append(data[:end].decode())
        data = data[end:]
    return [*pieces, data.decode()]
