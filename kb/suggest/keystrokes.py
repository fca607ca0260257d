"""What may be meant by what was typed: Chinese, pinyin, initials, or a mix of them.

A reading is a row of pieces, each to be found in one spelling of the lines, directly behind the piece before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import chain, islice, product
from typing import NamedTuple

from kb.text.pinyin import syllables

#: So many ways to cut one input into syllables are tried.
_MOST_SPLITS = 6

_LONGEST_SYLLABLE = 6

#: One character alone sounds like a hundred others.
_FEWEST_SOUNDS = 2
#: Without any of these there can be nothing but initials.
_SPLITS = re.compile(r"[aeiouv]|[zcs]h")
_RUN = re.compile(r"[a-z0-9]+|[^a-z0-9]+")


class Spelling(IntEnum):
    """How a piece is spelled; of matches that fit equally well the smaller one is shown first."""

    LITERAL = 0
    PINYIN = 1
    INITIALS = 2
    MIXED = 3  # of readings only: their pieces have several spellings


class Piece(NamedTuple):
    """``keys`` in one spelling. ``width``: how many cells it covers; None for pinyin at the end of the input."""

    spelling: Spelling
    keys: str
    width: int | None


class Reading(NamedTuple):
    """One way to understand the input."""

    spelling: Spelling
    pieces: tuple[Piece, ...]


class Syllabary:
    """The syllables that occur in the lines; their single letters and digits count as syllables."""

    def __init__(self, syllables: Iterable[str]) -> None:
        self.whole = frozenset(syllables)
        self._beginnings = frozenset(s[:size] for s in self.whole for size in range(1, len(s) + 1))

    def splits(self, keys: str, *, at_end: bool) -> list[tuple[str, ...]]:
        """The ways to cut ``keys`` into as few syllables as possible, each whole or shortened to its initial.

        At the end of the input the last one may be unfinished. Empty when there is no way.
        """
        splits: dict[int, list[tuple[str, ...]]] = {len(keys): [()]}  # of what begins there
        for start in reversed(range(len(keys))):
            found: list[tuple[str, ...]] = []
            for end in range(start + 1, start + 1 + _LONGEST_SYLLABLE):
                part = keys[start:end]
                if end in splits and self._may_stand(part, at_end and end == len(keys)):
                    found += [(part, *rest) for rest in splits[end]]
            if found:
                fewest = min(map(len, found))
                splits[start] = [split for split in found if len(split) == fewest][:_MOST_SPLITS]
        return splits.get(0, [])

    def _may_stand(self, part: str, unfinished: bool) -> bool:
        if part in self.whole:
            return True
        return part in self._beginnings and (unfinished or len(part) == 1 or part in ("zh", "ch", "sh"))


def whole_readings(typed: str) -> Iterator[Reading]:
    """The input as it stands; Latin input also as pinyin and as initials."""
    yield Reading(Spelling.LITERAL, (Piece(Spelling.LITERAL, typed, len(typed)),))
    if _is_latin(typed):
        yield Reading(Spelling.PINYIN, (Piece(Spelling.PINYIN, typed, None),))
        if len(typed) > 1:  # one letter is its own initial
            yield Reading(Spelling.INITIALS, (Piece(Spelling.INITIALS, typed, len(typed)),))


def run_readings(typed: str) -> Iterator[Reading]:
    """Chinese mixed with Latin: the Latin runs as initials, or the one that ends the input as pinyin."""
    runs = _RUN.findall(typed)
    if len(runs) == 1 or not any(map(_is_latin, runs)):
        return
    pieces = [_piece(run, Spelling.INITIALS) for run in runs]
    if _is_latin(runs[-1]):
        yield Reading(Spelling.PINYIN, (*pieces[:-1], Piece(Spelling.PINYIN, runs[-1], None)))
    if not _is_latin(runs[-1]) or len(runs[-1]) > 1:
        yield Reading(Spelling.INITIALS, tuple(pieces))


def split_readings(typed: str, syllabary: Syllabary) -> Iterator[Reading]:
    """The input with its Latin runs cut into syllables, unless that only repeats a reading given above."""
    if not _SPLITS.search(typed):
        return
    runs = _RUN.findall(typed)
    latin = [i for i, run in enumerate(runs) if _is_latin(run)]
    choices = [
        syllabary.splits(run, at_end=i == len(runs) - 1) if i in latin else [(run,)] for i, run in enumerate(runs)
    ]
    for rows in islice(product(*choices), _MOST_SPLITS):
        syllables = [part for i in latin for part in rows[i]]
        only_initials = all(len(part) == 1 for part in syllables)
        only_pinyin = all(len(part) > 1 and part in syllabary.whole for part in syllables[:-1])
        if not only_initials and not (only_pinyin and latin == [len(runs) - 1]):
            yield Reading(Spelling.MIXED, tuple(_piece(part, Spelling.PINYIN) for part in chain(*rows)))


def sound_reading(typed: str) -> Reading | None:
    """Chinese as it sounds (退宽 → tui kuan → 退款), one piece a cell; None when there is too little of it."""
    sounds = [readings[0] if readings else char for char, readings in zip(typed, syllables(typed), strict=True)]
    if sum(map(str.__ne__, sounds, typed)) < _FEWEST_SOUNDS:
        return None
    return Reading(Spelling.PINYIN, tuple(Piece(Spelling.PINYIN, sound, 1) for sound in sounds))


def _is_latin(run: str) -> bool:
    return run.isascii() and not run.isdigit()


def _piece(keys: str, spelling: Spelling) -> Piece:
    """A piece of known width: pinyin is one syllable, everything else one key a cell."""
    if not _is_latin(keys):
        return Piece(Spelling.LITERAL, keys, len(keys))
    return Piece(spelling, keys, 1 if spelling is Spelling.PINYIN else len(keys))
