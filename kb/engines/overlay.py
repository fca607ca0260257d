"""An index with one document more, or another version of one, for looking ahead: nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.engines.scoring import Postings
from kb.engines.whoosh_build import prepare
from kb.engines.whoosh_index import Reader
from kb.ports.engine import IndexDocument


class Overlay:
    """Reads like ``reader`` after ``document`` took the place of the one with its id; it has the last number."""

    def __init__(self, reader: Reader | Overlay, document: IndexDocument) -> None:
        self._reader, self._document = reader, prepare(document)
        self._id = document.id
        self._replaced = np.array(reader.numbers(document.id), np.int32)
        self._number: int = reader.size
        self.size: int = reader.size + 1
        self.live: int = reader.live + 1 - self._replaced.size

    def postings(self, name: str, token: str) -> Postings:
        """See ``Reader``."""
        documents, frequencies = self._reader.postings(name, token)
        if self._replaced.size:
            kept = ~np.isin(documents, self._replaced)
            documents, frequencies = documents[kept], frequencies[kept]
        own = self._document["tokens"].get(name, {}).get(token, 0)
        if not own:
            return documents, frequencies
        return np.append(documents, np.int32(self._number)), np.append(frequencies, np.float32(own))

    def lengths(self, name: str) -> NDArray[np.float32]:
        """See ``Reader``."""
        lengths = self._reader.lengths(name)
        lengths[self._replaced] = 0
        return np.append(lengths, np.float32(sum(self._document["tokens"][name].values())))

    def numbers(self, article_id: str) -> list[int]:
        """See ``Reader``."""
        return [self._number] if article_id == self._id else self._reader.numbers(article_id)

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
        return np.append(numbers[~np.isin(numbers, self._replaced)], np.int32(self._number))

    def tokens(self, name: str, prefix: str = "") -> Iterator[str]:
        """See ``Reader``; some may come twice, and in no order."""
        own = (token for token in self._document["tokens"].get(name, {}) if token.startswith(prefix))
        return chain(self._reader.tokens(name, prefix), own)
