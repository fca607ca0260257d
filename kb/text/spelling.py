"""Spelling by the words of titles and questions: same sound (退宽), near sound, look-alikes, Latin words, pinyin.

What people write by mistake sounds like what they mean or looks like it. A pair of characters is mended only where
nobody wrote it in a title or question, to a word that several did, and only characters change that form no word with
their other neighbour. Edit distance on characters would be nonsense: every two-character word is one edit from any
other.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate, product
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from kb.sealed import keep_sealed, read_sealed
from kb.text.confusions import look_alikes, near_sound
from kb.text.grams import unit_spans
from kb.text.normalize import folding, normalize
from kb.text.once import once
from kb.text.pinyin import syllables
from kb.text.pinyin_words import PinyinWords, words_by_pinyin
from kb.text.stopwords import function_words
from kb.text.tries import PackedCounts, PackedTexts

#: raise it whenever something else would be learned from the same texts, or written otherwise
_FORMAT = 2

_LATIN = re.compile(r"[a-z]+")
#: every two or three of them that touch; as ``kb.text.grams`` knows what one is
_HAN_PAIR, _HAN_TRIPLE = (re.compile(rf"(?=([^\W_a-z0-9]{{{size}}}))") for size in (2, 3))

#: shorter Latin words have too many neighbours
_MIN_LATIN = 4

#: What was written only once may itself be a slip.
_MIN_COUNT = 2

#: More slips than these in one query mean that it is about something else.
_MOST_SLIPS = 2

#: How sure one can be that a word is meant: it is the same when spoken or looks alike; it sounds nearly the same.
SURE, LIKELY = 1.0, 0.9


@dataclass(frozen=True, slots=True)
class Slip:
    """``folded[start:end]`` is probably ``meant``."""

    start: int
    end: int
    meant: str
    certainty: float

    @property
    def span(self) -> tuple[int, int]:
        """(start, end)"""
        return self.start, self.end


class Spelling:
    """Corrections that the given titles and questions support.

    ``path``: the file in which is kept what was learned from them, None for none.
    """

    def __init__(self, texts: Iterable[str], path: Path | None = None) -> None:
        written = tuple(texts)
        self._path, self._kind = path, _kind(written)
        self._pairs: Mapping[str, int]
        self._by_sound: Callable[[], Mapping[str, str]]
        self._by_pinyin: Callable[[], PinyinWords]
        self._is_kept = path is not None and self._take_over(path)
        if not self._is_kept:
            learned = tuple(map(normalize, written))
            self._pairs, self._latin = _counted(_HAN_PAIR, learned), _counted(_LATIN, learned)
            # what the first question needs only if it has a slip, and that if it is in letters
            self._by_sound = once(self._pairs_by_sound)
            self._by_pinyin = once(lambda: PinyinWords(words_by_pinyin(_common_words(self._pairs, learned))))
        self._candidates = lru_cache(maxsize=10_000)(self._find_candidates)

    def changed(self, gone: Iterable[str], come: Iterable[str], texts: Iterable[str]) -> Spelling:
        """``Spelling(texts)`` in a tenth of the time: they are those of this one without ``gone`` and with ``come``.

        It is not kept: that would take as long at every edit.
        """
        less, more = list(map(normalize, gone)), list(map(normalize, come))
        learned = tuple(map(normalize, texts))
        other = copy(self)
        other._path = None
        other._pairs = _recounted(self._pairs, less, more)
        other._latin = _counted(_LATIN, learned)
        pairs = _counted(_HAN_PAIR, (*less, *more)).keys()
        by_sound = other._with_pairs(self._by_sound(), pairs)
        by_pinyin = other._with_words(self._by_pinyin(), {*pairs, *_counted(_HAN_TRIPLE, (*less, *more))}, learned)
        other._by_sound, other._by_pinyin = lambda: by_sound, lambda: by_pinyin
        other._candidates = lru_cache(maxsize=10_000)(other._find_candidates)
        return other

    def warm_up(self) -> None:
        """Do now what the first question with a slip or with Latin letters would wait for, and keep it."""
        by_sound, by_pinyin = self._by_sound(), self._by_pinyin()
        if self._path is not None and not self._is_kept:
            self._is_kept = True
            texts = (PackedTexts(by_sound), PackedTexts(by_pinyin.words))
            packed = [trie.tobytes() for trie in (PackedCounts(self._pairs), *texts)]
            head = json.dumps([self._latin, by_pinyin.longest, [*map(len, packed)]]).encode()
            keep_sealed(self._path, self._kind, [head, b"\n", *packed])
            self._take_over(self._path)  # it takes a twentieth of the memory

    def _take_over(self, path: Path) -> bool:
        """Let this be what ``warm_up`` wrote of the same texts, if that is there; whether it is."""
        content = read_sealed(path, self._kind)
        if content is None:
            return False
        head, _, packed = bytes(content).partition(b"\n")
        latin, longest, sizes = json.loads(head)
        pairs, by_sound, words = (packed[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True))
        sounds, by_pinyin = PackedTexts.frombytes(by_sound), PinyinWords(PackedTexts.frombytes(words), longest)
        self._pairs, self._latin = PackedCounts.frombytes(pairs), Counter(latin)
        self._by_sound, self._by_pinyin = (lambda: sounds), (lambda: by_pinyin)
        return True

    def knows(self, folded: str) -> bool:
        """Whether any pair of Chinese characters or any Latin word of a text was learned."""
        words = (unit for unit, _, _ in unit_spans(folded))
        return any(pair in self._pairs for _, pair in _han_pairs(folded)) or any(word in self._latin for word in words)

    def slips(self, folded: str, is_word: Callable[[str], bool]) -> tuple[Slip, ...]:
        """The slips of a folded text in order; ``is_word`` tells what the language knows as a word."""
        found = sorted(
            [*self._han_slips(folded, is_word), *self._latin_slips(folded, is_word)], key=lambda slip: slip.start
        )
        return tuple(found) if len(found) <= _MOST_SLIPS else ()

    def despite_slip(self, folded: str, is_word: Callable[[str], bool]) -> str | None:
        """The words of a text that is pinyin but for one key; None when it isn't."""
        return self._by_pinyin().with_one_slip(folded.replace(" ", ""), is_word)

    def _pairs_by_sound(self) -> Mapping[str, str]:
        """The common pairs by what sounds nearly like them, most frequent first; one string of all, to take less."""
        found: dict[str, list[str]] = defaultdict(list)
        for pair in _most_frequent(self._pairs):
            for sound in dict.fromkeys(_near_sounds(pair)):
                found[sound].append(pair)
        return {sound: "".join(pairs) for sound, pairs in found.items()}

    def _with_pairs(self, by_sound: Mapping[str, str], pairs: Iterable[str]) -> Mapping[str, str]:
        """``by_sound`` where these ``pairs`` are written more or less often than before."""
        found = dict(by_sound)
        for pair in pairs:
            for sound in dict.fromkeys(_near_sounds(pair)):
                known = {pair, *_in_twos(found.get(sound, ""))}
                found[sound] = "".join(_most_frequent({one: self._pairs.get(one, 0) for one in known}))
        return found

    def _with_words(self, by_pinyin: PinyinWords, words: Collection[str], learned: Iterable[str]) -> PinyinWords:
        """``by_pinyin`` where these pairs and triples are written more or less often than before."""
        triples = _occurrences({*words, *by_pinyin.sounding_like(words)}, learned)
        return by_pinyin.changed(
            words, lambda some: _most_frequent({w: self._pairs.get(w) or triples[w] for w in some})
        )

    def _han_slips(self, folded: str, is_word: Callable[[str], bool]) -> Iterator[Slip]:
        done = 0
        for start, pair in _han_pairs(folded):
            if start >= done and pair not in self._pairs:
                slip = next(self._in_place(folded, start, is_word), None)
                if slip:
                    yield slip
                    done = slip.end

    def _in_place(self, folded: str, start: int, is_word: Callable[[str], bool]) -> Iterator[Slip]:
        """What may stand at ``start`` instead, likeliest first."""
        pair = folded[start : start + 2]
        neighbours = folded[max(start - 1, 0) : start + 1], folded[start + 1 : start + 3]
        kept = [
            char in function_words() or (len(near) == 2 and (near in self._pairs or is_word(near)))
            for char, near in zip(pair, neighbours, strict=True)
        ]
        for meant, certainty, confused in self._candidates(pair):
            if any(keep and a != b for keep, a, b in zip(kept, pair, meant, strict=True)):
                continue
            if confused or (is_word(meant) and not is_word(pair)):
                yield Slip(start, start + 2, meant, certainty)

    def _find_candidates(self, pair: str) -> list[tuple[str, float, bool]]:
        sounds = set(_sounds(pair))
        found: dict[str, tuple[str, float, bool]] = {}
        for at, char in enumerate(pair):
            for alike in look_alikes(char):
                meant = pair[:at] + alike + pair[at + 1 :]
                if self._pairs.get(meant, 0) >= _MIN_COUNT:
                    found[meant] = (meant, SURE, True)
        by_sound = self._by_sound()
        near = (known for sound in dict.fromkeys(_near_sounds(pair)) for known in _in_twos(by_sound.get(sound, "")))
        for meant in near:
            same = not sounds.isdisjoint(_sounds(meant))
            if same or meant[0] == pair[0] or meant[1] == pair[1]:
                found.setdefault(meant, (meant, SURE if same else LIKELY, False))
        return sorted(
            found.values(), key=lambda row: (not row[2], -row[1], _changes(pair, row[0]), -self._pairs[row[0]])
        )

    def _latin_slips(self, folded: str, is_word: Callable[[str], bool]) -> Iterator[Slip]:
        """Letters among Chinese that are pinyin, and words one edit from one that is known."""
        mixed = not folded.isascii()
        for unit, start, end in unit_spans(folded):
            if unit.isalpha() and unit.isascii() and len(unit) >= _MIN_LATIN and unit not in self._latin:
                meant = (mixed and self._by_pinyin().spelled(unit, is_word)) or self._near_latin(unit)
                if meant:
                    yield Slip(start, end, meant, SURE)

    def _near_latin(self, word: str) -> str | None:
        near = process.extractOne(word, self._latin.keys(), scorer=DamerauLevenshtein.distance, score_cutoff=1)
        return near[0] if near else None


def _counted(pattern: re.Pattern[str], texts: Iterable[str]) -> Counter[str]:
    """How often each thing that matches was written. Text by text: what is found in all at once takes 30 MB."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(pattern.findall(text))
    return found


def _recounted(pairs: Mapping[str, int], gone: Sequence[str], come: Sequence[str]) -> Counter[str]:
    """``pairs`` of other texts; what is written no more is not among them."""
    now = Counter(pairs)
    now.update(_counted(_HAN_PAIR, come))
    now.subtract(less := _counted(_HAN_PAIR, gone))
    for pair in less:
        if not now[pair]:
            del now[pair]
    return now


def _occurrences(words: Collection[str], texts: Iterable[str]) -> Counter[str]:
    """How often each triple among ``words`` was written; texts without any are passed over."""
    triples = [word for word in words if len(word) == 3]
    holding = [text for text in texts if any(triple in text for triple in triples)]
    return Counter(triple for text in holding for triple in _HAN_TRIPLE.findall(text) if triple in words)


def _common_words(pairs: Mapping[str, int], learned: Iterable[str]) -> list[str]:
    """The common pairs and triples of what was learned, most frequent first."""
    return _most_frequent(Counter(pairs) + _counted(_HAN_TRIPLE, learned))


def _most_frequent(counted: Mapping[str, int]) -> list[str]:
    """What is common, most frequent first."""
    common = [row for row in counted.items() if row[1] >= _MIN_COUNT]
    return [text for text, _ in sorted(common, key=lambda row: (-row[1], row[0]))]


def _changes(pair: str, other: str) -> int:
    return sum(a != b for a, b in zip(pair, other, strict=True))


def _han_pairs(folded: str) -> Iterator[tuple[int, str]]:
    """(start, pair) of every two Chinese characters that touch."""
    return ((found.start(), found[1]) for found in _HAN_PAIR.finditer(folded))


def _sounds(pair: str) -> Iterator[tuple[str, ...]]:
    return product(*syllables(pair))


def _near_sounds(pair: str) -> Iterator[str]:
    return (" ".join(map(near_sound, sound)) for sound in _sounds(pair))


def _in_twos(pairs: str) -> Iterator[str]:
    return (pairs[at : at + 2] for at in range(0, len(pairs), 2))


def _kind(texts: Iterable[str]) -> str:
    """What is learned of texts depends on them and on how they are folded."""
    digest = sha256("\n".join(texts).encode(errors="surrogatepass")).hexdigest()
    return f"spelling {_FORMAT} of {digest}, {folding()}"
