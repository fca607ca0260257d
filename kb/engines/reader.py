"""What a view reads of a commit: posting arrays, lengths, what was stored. Each engine's files give one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.engines.scoring import Postings


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


class Index(Protocol):
    """The files of one generation, open."""

    def version(self) -> object:
        """Differs after each commit by this or any other process."""

    def reader(self) -> tuple[Reader, str]:
        """A view of the latest commit that later commits don't change, and the commit's name. Raises IndexCorrupt."""

    def is_intact(self) -> bool:
        """Whether what is open can be read on; if not, it is opened anew, which says what is wrong."""
