"""Finds the entries whose lines match what was typed, best first, in all segments as if they were one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from kb.suggest.keystrokes import (
    Reading,
    Spelling,
    Syllabary,
    run_readings,
    sound_reading,
    split_readings,
    whole_readings,
)
from kb.suggest.lines import FIT_MASK, FIT_SHIFT, Fit
from kb.suggest.segment import Part, Segment, rank_of
from kb.suggest.suffixes import CELL_MASK
from kb.text.grams import grams

_TITLE_FITS = frozenset((Fit.WHOLE_TITLE, Fit.TITLE_START, Fit.TITLE_WORD, Fit.TITLE_MIDDLE))

#: Where nothing contains the input as it was typed: this much of it, weighed by rarity, has to stand in a line.
_SHARE = 0.5


class Match(NamedTuple):
    """The best match of one entry. The first four fields sort matches in the order in which they are shown.

    ``group_fit``: the group and the Fit, as in a key; ``cell``: where in ``segment`` the match begins.
    """

    group_fit: int
    spelling: Spelling
    rank: int
    cell: int
    reading: Reading
    segment: Segment

    @property
    def fit(self) -> int:
        """The Fit alone."""
        return self.group_fit & FIT_MASK

    @property
    def question(self) -> str | None:
        """The question that matched; None when the title did."""
        line = self.segment.line(self.cell)
        return None if line.is_title else line.text

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """The [start, end) range of the title that was typed; none when a question matched."""
        return self.segment.marks(self.cell, self.reading) if self.fit in _TITLE_FITS else ()


class Matcher:
    """The lines of all ``parts``; an entry, by its rank, is in one of them."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = tuple(parts)
        self._syllabary = Syllabary(chain.from_iterable(part.syllables() for part in self._parts))

    def best(self, typed: str, limit: int) -> list[Match]:
        """At most ``limit`` matches, one for each entry.

        Looser ways to read the input are tried unless it is plainly pinyin.
        """
        best: dict[int, Match] = {}
        is_pinyin = False
        for readings in (whole_readings(typed), run_readings(typed), split_readings(typed, self._syllabary)):
            for reading in readings:
                found = list(self._best(reading, limit))
                is_pinyin |= bool(found) and reading.spelling is Spelling.PINYIN
                for match in found:
                    if match.rank not in best or match < best[match.rank]:
                        best[match.rank] = match
            if is_pinyin:
                break
        return sorted(best.values())[:limit]

    def _best(self, reading: Reading, limit: int) -> Iterator[Match]:
        """What matches in one reading, the ``limit`` best entries surely among them."""
        for part in self._parts:
            for key in part.segment.best(reading.pieces, limit, part.gone).values():
                yield _match(key, reading, part.segment)

    def by_sound(self, typed: str, limit: int) -> list[Match]:
        """At most ``limit`` matches of what sounds like ``typed``, for input methods offer the wrong character."""
        reading = sound_reading(typed)
        if reading is None:
            return []
        found = (
            _match(key, reading, part.segment)
            for part in self._parts
            for key in part.segment.by_sound(reading, part.gone)
        )
        return _first_of_each(sorted(found), limit)

    def loosely(self, typed: str, limit: int) -> list[Match]:
        """At most ``limit`` matches of entries that have most of ``typed``, in whatever order.

        忘记密码 → 忘记门锁密码, 换手机号 → 更换登录手机号. As in search, texts are compared by their units and touching
        pairs, and the rarer one of these is, the more it says.
        """
        count = sum(part.count for part in self._parts)
        scores, whole = [part.scores() for part in self._parts], 0.0
        for gram in dict.fromkeys(grams(typed)):
            lines = [part.lines_with(gram) for part in self._parts]
            weight = math.log(1 + count / (sum(map(np.count_nonzero, lines)) + 0.5))
            for score, has_it in zip(scores, lines, strict=True):
                score += weight * has_it
            whole += weight
        found = []
        for part, score in zip(self._parts, scores, strict=True):
            for line in np.flatnonzero(score >= _SHARE * whole).tolist():
                match = _match(part.segment.first_key(line), Reading(Spelling.LITERAL, ()), part.segment)
                found.append((-score[line], match.rank, line, match))
        return _first_of_each((row[-1] for row in sorted(found)), limit)


def _match(key: int, reading: Reading, segment: Segment) -> Match:
    return Match(key >> FIT_SHIFT, reading.spelling, rank_of(key), key & CELL_MASK, reading, segment)


def _first_of_each(matches: Iterable[Match], limit: int) -> list[Match]:
    """The first ``limit`` matches of different entries."""
    found: dict[int, Match] = {}
    for match in matches:
        found.setdefault(match.rank, match)
    return list(islice(found.values(), limit))
