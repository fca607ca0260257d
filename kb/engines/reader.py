"""What a view reads of a commit: posting arrays, lengths, what was stored. Each engine's files give one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.engines.scoring import Postings
from kb.ports.engine import LONG_TEXT
from kb.text.once import once


class Reader(Protocol):
    """Posting arrays of one commit; documents are numbered below ``size``, ``live`` of them show."""

    size: int
    live: int

    def only(self, name: str, token: str) -> Reader:
        """The same commit, as if there were no other documents than those that carry ``token`` in field ``name``."""

    def postings(self, name: str, token: str) -> Postings:
        """All documents that carry ``token`` in field ``name``."""

    def lengths(self, name: str) -> NDArray[np.float32]:
        """Token counts of a scored field, one per document number; the caller may change them."""

    def numbers(self, article_id: str) -> list[int]:
        """Document numbers of an id: one, or none."""

    def identity(self, number: int) -> tuple[str, str]:
        """(id, revision) of a document."""

    def stored(self, number: int) -> dict[str, Any]:
        """What was stored with a document."""

    def live_numbers(self) -> NDArray[np.int32]:
        """All documents that show."""

    def tokens(self, name: str, prefix: str = "") -> Iterator[str]:
        """The indexed tokens of a field that start with ``prefix``, in order."""

    def holding(self, character: str) -> NDArray[np.int32]:
        """All documents with a token of LONG_TEXT that holds ``character``, in no order and maybe twice."""

    def expect(self, tokens: Iterable[str]) -> None:
        """These tokens' postings in scored fields will be asked for next: worth reading together from far away."""

    def expect_texts(self, numbers: Sequence[int]) -> None:
        """So will be what was stored of these documents."""


class FileReader(ABC):
    """What is the same for all readers of files, where nothing is far away."""

    def __init__(self) -> None:
        self._tokens_with = once(self._by_character)

    @abstractmethod
    def postings(self, name: str, token: str) -> Postings:
        """See ``Reader``."""

    @abstractmethod
    def tokens(self, name: str, prefix: str = "") -> Iterator[str]:
        """See ``Reader``."""

    def holding(self, character: str) -> NDArray[np.int32]:
        """See ``Reader``."""
        found = [self.postings(LONG_TEXT, token)[0] for token in self._tokens_with()[character]]
        return np.concatenate(found) if found else np.empty(0, np.int32)

    def expect(self, tokens: Iterable[str]) -> None:
        """See ``Reader``: nothing to do."""
        return

    def expect_texts(self, numbers: Sequence[int]) -> None:
        """See ``Reader``: nothing to do."""
        return

    def _by_character(self) -> dict[str, list[str]]:
        """Han character -> the tokens of the long text that hold it, which is how it is indexed there."""
        found: dict[str, list[str]] = defaultdict(list)
        for token in self.tokens(LONG_TEXT):
            for character in token:
                found[character].append(token)
        return found


class Index(Protocol):
    """The files of one generation, open."""

    def version(self) -> object:
        """Differs after each commit by this or any other process."""

    def reader(self) -> tuple[Reader, str]:
        """A view of the latest commit that later commits don't change, and the commit's name. Raises IndexCorrupt."""

    def is_intact(self) -> bool:
        """Whether what is open can be read on; if not, it is opened anew, which says what is wrong."""
