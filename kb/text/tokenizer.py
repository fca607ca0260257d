"""Words of a Chinese text: our own tokenizer on jieba.

Positions are ordinal (jieba's own ChineseAnalyzer writes character offsets there, which breaks phrases),
sub-words stand at the position of their word, and single letters, digits and units are kept.
Words explain a hit and feed spelling; ranking uses ``kb.text.grams``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from kb.text.normalize import normalize_with_offsets
from kb.text.once import once

if TYPE_CHECKING:
    from kb.text.cutter import Cutter

_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Token:
    """A word: folded ``text``, ordinal ``position``, and [start, end) in the original text."""

    text: str
    position: int
    start: int
    end: int


class Tokenizer:
    """Cuts text into words with jieba's dictionary plus ``terms``.

    The dictionary is loaded at the first cut (about a second; from ``cache_dir`` a few milliseconds).
    """

    def __init__(self, terms: Iterable[str] = (), cache_dir: Path | None = None) -> None:
        self._terms = tuple(terms)
        self._cache_dir = cache_dir
        self._loaded: Callable[[], Cutter] = once(self._load)

    @property
    def name(self) -> str:
        """The same for two tokenizers only if they know the same words."""
        terms = sha256("\n".join(self._terms).encode()).hexdigest()
        return f"jieba {version('jieba')} with {terms}"

    def warm_up(self) -> None:
        """Load the dictionary now instead of in somebody's first request."""
        self._loaded()

    def _load(self) -> Cutter:
        from kb.text.cutter import Cutter, lexicon  # a tenth of a second, which not every command has to wait for

        tokenizer = Cutter(lexicon(self._cache_dir))
        for term in self._terms:
            tokenizer.add_word(term)
        return tokenizer

    def is_word(self, folded: str) -> bool:
        """Whether the dictionary knows ``folded`` as a word."""
        return self._loaded().FREQ.frequency(folded) > 0

    def words(self, text: str) -> Iterator[Token]:
        """Every word, then its sub-words at the same position; nothing but punctuation is dropped."""
        folded, offsets = normalize_with_offsets(text)
        for position, (word, start) in enumerate(self._cut(folded)):
            for piece, at in self._pieces(word):
                yield _token(piece, position, start + at, offsets)

    def top_words(self, text: str) -> Iterator[Token]:
        """The words of a text without their sub-words."""
        folded, offsets = normalize_with_offsets(text)
        for position, (word, start) in enumerate(self._cut(folded)):
            yield _token(word, position, start, offsets)

    def _cut(self, folded: str) -> Iterator[tuple[str, int]]:
        """The words of a folded text with their starts."""
        end = 0
        for word in self._loaded().cut(folded):
            start, end = end, end + len(word)
            if _WORD.search(word):
                yield word, start

    def _pieces(self, word: str) -> Iterator[tuple[str, int]]:
        yield word, 0
        for size in (2, 3):
            if len(word) > size:
                for at in range(len(word) - size + 1):
                    piece = word[at : at + size]
                    if self.is_word(piece):
                        yield piece, at


def _token(text: str, position: int, start: int, offsets: list[int] | None) -> Token:
    """The word that starts at ``start`` of a folded text; see ``normalize_with_offsets``."""
    end = start + len(text)
    if offsets is not None:
        start, end = offsets[start], offsets[end - 1] + 1
    return Token(text, position, start, end)
