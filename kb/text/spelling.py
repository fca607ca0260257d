"""Spelling from the words of the titles: same sound, other characters (退宽 → 退款); Latin words by edit distance.

Two adjacent characters that no title knows are compared by pinyin with the pairs that titles do have.
Edit distance on characters would be nonsense for two-character words: every word is one edit from any other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import product

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from kb.text.grams import is_han_unit, unit_spans
from kb.text.normalize import normalize
from kb.text.pinyin import syllables

#: shorter Latin words have too many neighbours
_MIN_LATIN = 4


class Spelling:
    """Corrections that the given titles support."""

    def __init__(self, titles: Iterable[str]) -> None:
        self._pairs: Counter[str] = Counter()
        self._latin: Counter[str] = Counter()
        for title in titles:
            self._learn(normalize(title))
        self._by_sound: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for pair, _ in sorted(self._pairs.items(), key=lambda item: (-item[1], item[0])):
            for sound in _sounds(pair):
                self._by_sound[sound].append(pair)

    def _learn(self, title: str) -> None:
        for _, _, pair in _han_pairs(title):
            self._pairs[pair] += 1
        self._latin.update(unit for unit, _, _ in unit_spans(title) if unit.isascii() and unit.isalpha())

    def correct(self, folded: str) -> str | None:
        """The folded query with its unknown pairs and Latin words replaced; None when nothing is to be mended."""
        corrected = list(folded)
        done = 0
        for start, end, pair in _han_pairs(folded):
            better = self._by_pinyin(pair) if start >= done else None
            if better:
                corrected[start:end] = better
                done = end
        text = self._correct_latin("".join(corrected))
        return text if text != folded else None

    def _by_pinyin(self, pair: str) -> str | None:
        if pair in self._pairs:
            return None
        found = (known for sound in _sounds(pair) for known in self._by_sound.get(sound, ()))
        return next(found, None)

    def _correct_latin(self, folded: str) -> str:
        pieces, done = [], 0
        for unit, start, end in unit_spans(folded):
            if unit.isalpha() and unit.isascii() and len(unit) >= _MIN_LATIN and unit not in self._latin:
                near = process.extractOne(unit, self._latin.keys(), scorer=DamerauLevenshtein.distance, score_cutoff=1)
                if near:
                    pieces += [folded[done:start], near[0]]
                    done = end
        return "".join([*pieces, folded[done:]])


def _han_pairs(folded: str) -> Iterator[tuple[int, int, str]]:
    previous = None
    for unit, start, end in unit_spans(folded):
        han = is_han_unit(unit)
        if han and previous == start:
            yield start - 1, end, folded[start - 1 : end]
        previous = end if han else None


def _sounds(pair: str) -> Iterator[tuple[str, ...]]:
    return product(*syllables(pair))
