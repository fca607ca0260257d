"""Words and how frequent each is, in 3 MB: jieba's dictionary, which takes 65 MB and most of a second as a ``dict``.

The words lie in a trie of marisa-trie (LOUDS: Jacobson, Space-efficient static trees and graphs, 1989), which numbers
them; their frequencies lie in an array by that number.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from pathlib import Path
from struct import Struct

import marisa_trie

from kb.sealed import keep_sealed, read_sealed

#: raise it whenever the file would be written differently
_FORMAT = 1
#: total, number of words
_HEAD = Struct("<QQ")
#: characters; no word of jieba's is longer
_LONGEST = 32


class Lexicon:
    """Stands in for the ``dict`` that jieba keeps in ``FREQ``. Words can be added; they are kept aside.

    It is asked for folded texts: the trie takes a NUL for the end, and no halves of characters.
    """

    def __init__(self, trie: marisa_trie.Trie, counts: array[int], total: int) -> None:
        self._trie, self._counts, self.total = trie, counts, total
        self._added: dict[str, int] = {}
        self._beginnings: set[str] = set()  # the first characters of what was added
        self._longest = _LONGEST

    @classmethod
    def of(cls, frequencies: Mapping[str, int], total: int) -> Lexicon:
        """The words with a frequency above 0. ``total``: what frequencies are parts of."""
        words = [word for word, count in frequencies.items() if count]
        trie = marisa_trie.Trie(words)
        counts = array("I", bytes(array("I").itemsize * len(words)))
        for word in words:
            counts[trie[word]] = frequencies[word]
        return cls(trie, counts, total)

    @classmethod
    def load(cls, path: Path, source: str) -> Lexicon | None:
        """What ``save`` wrote; None when there is nothing of this ``source``, or nothing to rely on."""
        content = read_sealed(path, _kind(source))
        if content is None:
            return None
        total, words = _HEAD.unpack_from(content)
        counts, trie = array("I"), marisa_trie.Trie()
        end = _HEAD.size + words * counts.itemsize
        counts.frombytes(content[_HEAD.size : end])
        trie.frombytes(bytes(content[end:]))
        return cls(trie, counts, total)

    def save(self, path: Path, source: str) -> None:
        """Keep the words that it was made of in a file, if possible; ``source`` names where they came from."""
        head = _HEAD.pack(self.total, len(self._counts))
        keep_sealed(path, _kind(source), (head, self._counts.tobytes(), self._trie.tobytes()))

    def frequency(self, word: str) -> int:
        """How frequent ``word`` is; 0 when it is none."""
        added = self._added.get(word)
        if added is not None:
            return added
        number = self._trie.get(word)
        return 0 if number is None else self._counts[number]

    def ends_of_words(self, text: str, start: int) -> list[int]:
        """Where the words end that begin at ``text[start]``: the places of their last characters."""
        rest = text[start : start + self._longest]
        if rest[0] in self._beginnings:
            return [start + size - 1 for size in range(1, len(rest) + 1) if self.frequency(rest[:size])]
        return [start + len(word) - 1 for word in self._trie.prefixes(rest)]

    # --- what jieba does with its dictionary; it has the beginnings of words in there too, with frequency 0

    def get(self, word: str, default: int | None = None) -> int | None:
        """As ``dict.get``."""
        count = self.frequency(word)
        return count if count or word in self else default

    def __contains__(self, word: str) -> bool:
        return word in self._added or next(self._trie.iterkeys(word), None) is not None

    def __setitem__(self, word: str, count: int) -> None:
        self._added[word] = count
        self._beginnings.add(word[0])
        self._longest = max(self._longest, len(word))


def _kind(source: str) -> str:
    return f"words {_FORMAT} of {source}"
