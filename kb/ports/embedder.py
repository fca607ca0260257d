"""PORT Embedder: texts become vectors whose inner product says how near they are in meaning; VectorStore keeps them.

``kb.embedding`` implements both, ``kb.sharing`` VectorsElsewhere. What every embedder must do is in
``tests/conformance/test_embedder.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from hashlib import blake2b
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: (d,) or (n, d); of unit length, so that the inner product of two is their cosine
Vectors: TypeAlias = NDArray[np.float32]

#: bytes of a content hash
KEY_SIZE = 16


def content_key(text: str) -> bytes:
    """The content hash under which the vector of ``text`` is kept."""
    return blake2b(text.encode(), digest_size=KEY_SIZE).digest()


class Embedder(Protocol):
    """A model; thread-safe. Waiting and trying again is the caller's business: a method asks once.

    Every method raises EmbedderError when the model can't be asked or answers nonsense; what is returned is finite
    and of unit length.
    """

    @property
    def fingerprint(self) -> str:
        """Provider, model and version: vectors with another fingerprint can't be compared with these."""

    def embed_query(self, text: str) -> Vectors:
        """The vector (d,) of a question that somebody asks."""

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """The vectors (n, d) of at least one text that is to be found; the same as for a question, for the texts are
        wordings of questions too.
        """


class VectorsElsewhere(Protocol):
    """The vectors of one fingerprint that other machines have made. Every call may raise ClusterError."""

    def get(self, keys: Sequence[bytes]) -> tuple[list[bytes], Vectors]:
        """Those of ``keys`` that are there, and their vectors (n, d)."""

    def makes_the_rest(self) -> bool:
        """Whether another machine makes those that are not there, so that nobody else has to."""


class VectorStore(Protocol):
    """The texts' vectors of one fingerprint by content key; a cache that several processes share.

    Reading never raises: what can't be read is not there. What can't be written is kept in memory, and ``trouble``
    says why.
    """

    trouble: str

    def refresh(self) -> None:
        """See what other processes added."""

    def missing(self, keys: Collection[bytes]) -> list[bytes]:
        """Those of ``keys`` that have no vector, in order and without doubles."""

    def matrix(self, keys: Sequence[bytes]) -> Vectors:
        """The vectors (n, d) of ``keys``, none of which may be missing."""

    def writing(self) -> AbstractContextManager[None]:
        """Be the one process that embeds; refreshed first. Raises StoreBusy at once when there is another."""

    def add(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep ``vectors``, rounded to float16. Raises EmbedderError when those kept have another dimension."""

    def compact(self, used: Collection[bytes]) -> None:
        """Forget vectors that are not ``used`` if they are the majority. Within ``writing``."""

    def delete_others(self) -> None:
        """Delete the vectors of all other fingerprints. Within ``writing``."""
