"""An index with one document more, or another version of one, for looking ahead: nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.engines.preparing import prepare
from kb.engines.reader import Reader
from kb.engines.scoring import Postings
from kb.ports.engine import LONG_TEXT, IndexDocument


class Overlay:
    """Reads like ``reader`` after ``document`` took the place of the one with its id; it has the last number.

    A document that is not ``shown`` only hides its former version.
    """

    def __init__(self, reader: Reader | Overlay, document: IndexDocument, shown: bool = True) -> None:
        self._reader, self._document, self._shown = reader, prepare(document), shown
        self._given, self._id = document, document.id
        self._replaced = np.array(reader.numbers(document.id), np.int32)
        self._number: int = reader.size
        self.size: int = reader.size + 1
        self.live: int = reader.live + shown - self._replaced.size

    def only(self, name: str, token: str) -> Overlay:
        """See ``Reader``."""
        shown = self._shown and token in self._document["tokens"].get(name, {})
        return Overlay(self._reader.only(name, token), self._given, shown)

    def postings(self, name: str, token: str) -> Postings:
        """See ``Reader``."""
        documents, frequencies = self._reader.postings(name, token)
        if self._replaced.size:
            kept = ~np.isin(documents, self._replaced)
            documents, frequencies = documents[kept], frequencies[kept]
        own = self._document["tokens"].get(name, {}).get(token, 0)
        if not (own and self._shown):
            return documents, frequencies
        return np.append(documents, np.int32(self._number)), np.append(frequencies, np.float32(own))

    def lengths(self, name: str) -> NDArray[np.float32]:
        """See ``Reader``."""
        lengths = self._reader.lengths(name)
        lengths[self._replaced] = 0
        return np.append(lengths, np.float32(self._shown and sum(self._document["tokens"][name].values())))

    def numbers(self, article_id: str) -> list[int]:
        """See ``Reader``."""
        own = [self._number] if self._shown else []
        return own if article_id == self._id else self._reader.numbers(article_id)

    def identity(self, number: int) -> tuple[str, str]:
        """See ``Reader``."""
        identity: tuple[str, str] = self._document["identity"]
        return identity if number == self._number else self._reader.identity(number)

    def stored(self, number: int) -> dict[str, Any]:
        """See ``Reader``."""
        stored: dict[str, Any] = self._document["stored"]
        return stored if number == self._number else self._reader.stored(number)

    def live_numbers(self) -> NDArray[np.int32]:
        """See ``Reader``."""
        numbers = self._reader.live_numbers()
        numbers = numbers[~np.isin(numbers, self._replaced)]
        return np.append(numbers, np.int32(self._number)) if self._shown else numbers

    def tokens(self, name: str, prefix: str = "") -> Iterator[str]:
        """See ``Reader``; some may come twice, and in no order."""
        own = (token for token in self._document["tokens"].get(name, {}) if token.startswith(prefix))
        return chain(self._reader.tokens(name, prefix), own)

    def holding(self, character: str) -> NDArray[np.int32]:
        """See ``Reader``."""
        found = self._reader.holding(character)
        own = any(character in token for token in self._document["tokens"].get(LONG_TEXT, {}))
        kept = found[~np.isin(found, self._replaced)]
        return np.append(kept, np.int32(self._number)) if own and self._shown else kept

    def expect(self, tokens: Iterable[str]) -> None:
        """See ``Reader``."""
        self._reader.expect(tokens)

    def expect_texts(self, numbers: Sequence[int]) -> None:
        """See ``Reader``."""
        self._reader.expect_texts([number for number in numbers if number != self._number])
