"""Vectors are made once, by the writer; search nodes take them over and embed the question only.

The cluster has a copy of the writer's file of vectors. A node whose model is another one than the writer's makes its
own vectors, for those of two models can't be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from kb.cluster.lease import Lease
from kb.ports.embedder import Vectors

_AT_ONCE = 500


class PublishedVectors(Protocol):
    """The vectors of one model in the cluster; every call may raise ClusterError."""

    def prepare(self) -> None:
        """Make the place for them, if there is none."""

    def keys(self) -> Iterator[bytes]:
        """The content keys of all that is there."""

    def get(self, keys: Sequence[bytes]) -> tuple[list[bytes], Vectors]:
        """Those of ``keys`` that are there, and their vectors (n, d)."""

    def add(self, vectors: Mapping[bytes, bytes]) -> None:
        """Have ``vectors`` (float16, by content key)."""

    def remove(self, keys: Collection[bytes]) -> None:
        """Have those of ``keys`` no longer."""

    def former(self) -> list[str]:
        """What there is of other models, by name."""

    def remove_former(self, name: str) -> None:
        """Remove one of ``former``."""


class Tail(Protocol):
    """What is added to the writer's own vectors."""

    def rewind(self) -> None:
        """Begin anew."""

    def read(self, at_most: int) -> tuple[bool, dict[bytes, bytes]]:
        """Whether they are told from the beginning, and the next ones (float16) by content key; nothing: all by now."""


class VectorPublisher:
    """Keeps ``published`` equal to what ``tail`` tells as long as ``lease`` holds; not thread-safe.

    ``is_complete``: whether everything that is needed has been told; until then nothing is removed.
    """

    def __init__(self, published: PublishedVectors, tail: Tail, lease: Lease, is_complete: Callable[[], bool]) -> None:
        self._published, self._tail, self._lease, self._is_complete = published, tail, lease, is_complete
        self._sure = False  # of the following
        self._there: set[bytes] = set()
        self._told: set[bytes] = set()
        self._former: list[str] = []

    def publish(self) -> None:
        """Publish what has been added. Raises ClusterError, WriterElsewhere, OSError."""
        self._lease.check()
        if not self._sure:
            self._look_up()
        try:
            self._send()
            self._tidy()
        except BaseException:
            self._sure = False  # some of it may be there by now
            raise

    def _look_up(self) -> None:
        self._published.prepare()
        self._there, self._former = set(self._published.keys()), self._published.former()
        self._tail.rewind()
        self._sure = True

    def _send(self) -> None:
        while True:
            begins, vectors = self._tail.read(_AT_ONCE)
            if begins:
                self._told = set()
            if not vectors:
                return
            if new := {key: vector for key, vector in vectors.items() if key not in self._there}:
                self._lease.check()
                self._published.add(new)
            self._there.update(new)
            self._told.update(vectors)

    def _tidy(self) -> None:
        """Remove what nobody needs any more, as the file does: unused vectors once they are the majority."""
        is_full = len(self._there) > 2 * len(self._told)
        if not (is_full or self._former) or not self._is_complete():
            return
        self._lease.check()
        if is_full:
            self._published.remove(self._there - self._told)
            self._there = set(self._told)
        while self._former:
            self._published.remove_former(self._former[-1])
            self._former.pop()


class VectorsOfTheWriter:
    """Implements ``kb.ports.embedder.VectorsElsewhere``; ``published`` is called when something is first asked for."""

    def __init__(self, published: Callable[[], PublishedVectors], makes_the_rest: Callable[[], bool]) -> None:
        self._published, self._makes_the_rest = published, makes_the_rest

    def get(self, keys: Sequence[bytes]) -> tuple[list[bytes], Vectors]:
        """Those of ``keys`` that are there, and their vectors (n, d)."""
        return self._published().get(keys)

    def makes_the_rest(self) -> bool:
        """Whether the writer makes those that are not there."""
        return self._makes_the_rest()
