"""Dense retrieval as the searcher uses it: ask while the words are looked up, wait for no longer than the deadline."""

from __future__ import annotations

from typing import Protocol

from kb.rules.vector_index import Neighbours


class Pending(Protocol):
    """A question on its way through the embedding model."""

    @property
    def trouble(self) -> str:
        """Once waited: why there are no neighbours, as a sentence for the user; "" when nothing is wrong."""

    def wait(self) -> Neighbours | None:
        """The articles near in meaning; None when they can't be had before the deadline, counted from the asking."""


class Semantic(Protocol):
    """Asks the model and compares with the articles' vectors; thread-safe."""

    @property
    def edition(self) -> int:
        """Changes whenever the same question may have other neighbours."""

    def ask(self, text: str) -> Pending:
        """Begin to look for what is near ``text`` in meaning; returns at once."""
