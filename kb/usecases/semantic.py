"""Dense retrieval as the searcher uses it: ask, and wait for no longer than the deadline."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from kb.errors import EmbedderError, KbError
from kb.ports.embedder import Embedder, Vectors, VectorsElsewhere, VectorStore, content_key
from kb.rules.vector_index import ArticleTexts, Neighbours, VectorIndex, embedded_form
from kb.text.masking import mask
from kb.usecases.embedding import Embedding, EmbeddingReport, Former
from kb.usecases.progress import Progress, silent
from kb.usecases.query_vectors import FAILED, Asked, Known, QueryVectors

log = logging.getLogger(__name__)

#: seconds that a command waits, which has only one question to ask and a model to load first
_PATIENCE = 10.0
_ATTEMPTS = 5


class Meaning(Protocol):
    """What can be asked for the articles near in meaning."""

    def ask(self, text: str, audience: str | None = None) -> Pending:
        """Begin to look for what is near ``text`` in meaning among the articles for ``audience``; returns at once."""


class Pending:
    """A question on its way through the embedding model. The articles of ``ahead`` count instead of older versions."""

    def __init__(self, asked: Asked | Known, index: VectorIndex | None, ahead: VectorIndex | None = None) -> None:
        self._asked, self._index, self._ahead = asked, index, ahead
        self.trouble = ""

    def wait(self) -> Neighbours | None:
        """The articles near in meaning; None when they can't be had before the deadline, counted from the asking.

        Then ``trouble`` says why, as a sentence for the user; "" when nothing is wrong.
        """
        vector = self._asked.wait()
        self.trouble = self._asked.trouble
        if vector is None or self._index is None:
            return None
        try:
            found = self._index.neighbours(vector)
            return found.with_others(self._ahead.neighbours(vector)) if self._ahead else found
        except EmbedderError:
            self.trouble = FAILED
            return None


@dataclass(frozen=True, slots=True)
class SemanticState:
    """How far embedding is: of ``texts`` so many are ``embedded``.

    ``serves``: whether questions are answered by meaning. ``trouble``: what goes wrong, "" for nothing.
    """

    serves: bool
    texts: int
    embedded: int
    trouble: str


@dataclass(frozen=True, slots=True)
class _Serving:
    """A model and the vectors that it made of the articles, by audience."""

    embedder: Embedder
    queries: QueryVectors
    indexes: Mapping[str | None, VectorIndex]


class Semantic:
    """Asks the model and compares with the articles' vectors; thread-safe. ``deadline`` is in seconds.

    Until ``run`` there is only what is on disk, loaded at the first question, which is right for a command that ends
    soon; a server runs it in a thread, and from then on nothing is loaded or embedded while somebody waits.
    """

    def __init__(
        self,
        embedder: Embedder,
        store: VectorStore,
        former: Former,
        deadline: float,
        elsewhere: VectorsElsewhere | None = None,
    ) -> None:
        self._embedder, self._store, self._deadline = embedder, store, deadline
        self._embedding = Embedding(embedder, store, former, self._serve, elsewhere)
        self._serving: _Serving | None = None
        self._running = False
        self.edition = 0  # grows whenever the same question may have other neighbours

    @property
    def fingerprint(self) -> str:
        """Of the model whose vectors are made."""
        return self._embedder.fingerprint

    def follow(self, articles: tuple[ArticleTexts, ...], audience: str | None = None) -> None:
        """These are the published articles for ``audience`` (None: all) from now on; returns at once."""
        self._embedding.follow(articles, audience)

    def ask(self, text: str, audience: str | None = None) -> Pending:
        """Begin to look for what is near ``text`` in meaning among the articles for ``audience``; returns at once."""
        return self._ask(text, audience, None)

    def as_if(self, article: ArticleTexts) -> Meaning:
        """What could be asked were ``article`` among the others; embedded now, compared as they are.

        Without a model that answers, or before there are any vectors, ``article`` is compared by its words only.
        """
        if not self._running:
            self._embedding.load()
        serving = self._serving
        index = serving.indexes.get(None) if serving else None
        if serving is None or index is None or not index.ids:
            return self
        vectors = self._vectors(serving.embedder, article)
        if vectors is None:
            return self
        return _Ahead(self, VectorIndex([article], lambda keys: np.array([vectors[k] for k in keys]), (), index))

    def _vectors(self, embedder: Embedder, article: ArticleTexts) -> dict[bytes, Vectors] | None:
        """Of all its texts by content key: kept ones, the others from the model; None when it fails."""
        texts = {content_key(text): text for text in article.all()}
        missing = self._store.missing(list(texts)) if embedder is self._embedder else list(texts)
        kept = [key for key in texts if key not in missing]
        try:
            made = embedder.embed_texts([texts[key] for key in missing]) if missing else ()
        except EmbedderError as error:
            log.warning("草稿没有嵌入：%s", error)
            return None
        return dict(zip(missing, made, strict=True)) | (
            dict(zip(kept, self._store.matrix(kept), strict=True)) if kept else {}
        )

    def _ask(self, text: str, audience: str | None, ahead: VectorIndex | None) -> Pending:
        if not self._running:
            self._embedding.load()
        serving = self._serving
        index = serving.indexes.get(audience) if serving else None
        if serving is None or index is None:
            return Pending(Known(None), None)
        wanted = embedded_form(mask(text))  # the model may be somebody else's server
        if not wanted:
            return Pending(Known(None), None)
        seconds = self._deadline if self._running else max(self._deadline, _PATIENCE)
        return Pending(serving.queries.ask(wanted, seconds), index, ahead)

    def run(self, stop: threading.Event) -> None:
        """Load and embed in the background until ``stop``."""
        self._running = True
        with suppress(KbError):  # whoever asks first shall not wait for the model to be loaded
            self._embedder.embed_query("直达")
        self._embedding.run(stop)

    def embed(self, progress: Progress = silent, attempts: int = _ATTEMPTS) -> EmbeddingReport:
        """Embed everything that has no vector yet, now. Raises EmbedderError after so many failures in a row."""
        return self._embedding.complete(threading.Event(), progress, attempts)

    def is_complete(self) -> bool:
        """Whether every text that is compared has its vector, on disk."""
        now = self.state()
        return now.texts > 0 and now.embedded == now.texts and not now.trouble

    def state(self) -> SemanticState:
        """How far it is."""
        if not self._running:
            self._embedding.load()
        serving, embedding = self._serving, self._embedding
        trouble = embedding.trouble or (serving.queries.trouble if serving else "")
        return SemanticState(serving is not None, embedding.texts, embedding.done, trouble)

    def close(self) -> None:
        """End the threads that ask the model; nothing is answered by meaning afterwards."""
        if self._serving is not None:
            self._serving.queries.close()
            self._serving = None

    def _serve(self, embedder: Embedder, indexes: Mapping[str | None, VectorIndex]) -> None:
        former = self._serving
        if former is not None and former.embedder is embedder:
            self._serving = replace(former, indexes=indexes)
        else:
            self._serving = _Serving(embedder, QueryVectors(embedder.embed_query), indexes)
            if former is not None:
                former.queries.close()
        self.edition += 1


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The Meaning of ``Semantic.as_if``."""

    semantic: Semantic
    article: VectorIndex

    def ask(self, text: str, audience: str | None = None) -> Pending:
        return self.semantic._ask(text, audience, self.article)
