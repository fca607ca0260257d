"""Texts cut into cells: one letter, digit or Chinese character each, and how each is typed.

Cutting is most of the work for a suggester, and from one suggester to the next only the edited texts differ. So it is
kept in a file.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from kb.sealed import keep_sealed, read_sealed
from kb.text.normalize import normalize_with_offsets
from kb.text.pinyin import syllables

#: raise it whenever texts would be cut, read or written differently
_FORMAT = 1
_LONGEST_WORD = 3
#: texts in the file; more are forgotten and cut again
_MOST = 1 << 18
#: texts in memory
_LATEST = 1000
#: so few texts are cut again in milliseconds: no reason to write the file anew
_FEW = 500


class Start(IntEnum):
    """What begins at a cell."""

    LINE = 0
    WORD = 1
    NOTHING = 2


class CutText(NamedTuple):
    """The cells of one text: what they are, where they stand in the text, what begins there, how they are typed.

    Strings and arrays instead of tuples, because there are tens of thousands of texts.
    """

    literal: str
    origin: array[int]
    starts: bytes  # a Start each
    spellings: tuple[str, ...]  # syllables with blanks between them


class CellCutter:
    """Cuts texts; thread-safe. ``is_word`` tells whether a folded string is a word.

    ``path``: the file in which that is kept, None for none; ``words`` names the dictionary behind ``is_word``.
    """

    def __init__(self, is_word: Callable[[str], bool], path: Path | None = None, words: str = "") -> None:
        self.kind = f"cells {_FORMAT} by {words}"
        self._path = path
        self._cut = lru_cache(_LATEST)(partial(_cut, is_word=is_word))

    def __call__(self, text: str) -> CutText:
        """The cells of ``text``."""
        return self._cut(text)

    @contextmanager
    def remembering(self) -> Iterator[Callable[[str], CutText]]:
        """For many texts: what was ever cut so is known from the file, which in the end has the new ones too if that is
        worth it (see ``keep_sealed``). Nothing of it stays in memory.
        """
        known = dict(self._read())
        before = len(known)

        def cells_of(text: str) -> CutText:
            if text not in known:
                if len(known) >= _MOST:
                    known.clear()
                known[text] = self._cut(text)
            return known[text]

        yield cells_of
        if self._path is not None and abs(len(known) - before) >= _FEW:
            rows = (
                (text, cut.literal, cut.origin.tolist(), list(cut.starts), cut.spellings) for text, cut in known.items()
            )
            keep_sealed(self._path, self.kind, (json.dumps(row).encode() + b"\n" for row in rows))

    def _read(self) -> Iterator[tuple[str, CutText]]:
        content = read_sealed(self._path, self.kind) if self._path is not None else None
        for row in bytes(content or b"").splitlines():  # one by one: all at once takes ten times the memory
            text, literal, origin, starts, spellings = json.loads(row)
            yield text, CutText(literal, array("i", origin), bytes(starts), tuple(spellings))


def _cut(text: str, is_word: Callable[[str], bool]) -> CutText:
    folded, offsets = normalize_with_offsets(text)
    places = [at for at, char in enumerate(folded) if char.isalnum()]
    readings = syllables(folded)
    return CutText(
        literal="".join(folded[at] for at in places),
        origin=array("i", places if offsets is None else (offsets[at] for at in places)),
        starts=bytes(_starts(folded, places, is_word)),
        spellings=tuple(map(" ".join, _spellings([readings[at] or (folded[at],) for at in places]))),
    )


def _spellings(readings: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The likeliest spelling, then each that reads a single character in another way."""
    usual = tuple(reading[0] for reading in readings)
    yield usual
    for at, reading in enumerate(readings):
        for other in reading[1:]:
            yield (*usual[:at], other, *usual[at + 1 :])


def _starts(folded: str, places: list[int], is_word: Callable[[str], bool]) -> Iterator[Start]:
    if places:
        yield Start.LINE
    for before, at in pairwise(places):
        yield Start.WORD if before + 1 < at or _begins_word(folded, at, is_word) else Start.NOTHING


def _begins_word(folded: str, at: int, is_word: Callable[[str], bool]) -> bool:
    """Whether a word begins at ``at``, right behind another character that can be typed.

    Looks words up instead of cutting the text, which goes wrong too often: 退货运费 must give 运费 too.
    """
    before, char = folded[at - 1], folded[at]
    if char.isascii() or before.isascii():
        return (char.isascii(), char.isdigit()) != (before.isascii(), before.isdigit())
    last = min(at + _LONGEST_WORD, len(folded))
    return any(is_word(folded[at:end]) for end in range(at + 2, last + 1))
