"""Which articles are near a question in meaning: the vectors of their titles and questions, compared with all at once.

Comparing with every vector is right at this size: 15,000 of them take about a millisecond (docs/decisions/0008).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from kb.errors import EmbedderError
from kb.model import Article
from kb.ports.embedder import Vectors, content_key
from kb.rules.paraphrases import ParaphraseMetric
from kb.text.normalize import normalize

#: characters of a text that are embedded; a title has 60 at most, and a longer question says nothing new
_LONGEST = 200


def embedded_form(text: str) -> str:
    """What is given to the model for ``text``: folded as everywhere else, so that spelling doesn't matter."""
    return normalize(text).strip()[:_LONGEST]


@dataclass(frozen=True, slots=True)
class ArticleTexts:
    """What is embedded of an article: its title first, then its questions."""

    id: str
    texts: tuple[str, ...]

    @classmethod
    def of(cls, article: Article) -> ArticleTexts:
        """The texts of ``article``, as they will be embedded."""
        questions = (embedded_form(question) for question in article.questions)
        return cls(article.id, (embedded_form(article.title), *dict.fromkeys(filter(None, questions))))

    def keys(self) -> list[bytes]:
        """The content keys of the texts."""
        return [content_key(text) for text in self.texts]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """How near a question is to each article (cosines, from -1 to 1), in the order of ``ids``.

    ``best``: to the nearest of title and questions. ``trust``: how well the metric knows the house's way of asking,
    from 0 to 1. Only articles that have vectors are here; one that was deleted a moment ago may still be.
    """

    ids: tuple[str, ...]
    best: NDArray[np.float32]
    trust: float
    places: dict[str, int] = field(repr=False)

    def of(self, article_id: str) -> float | None:
        """The cosine of an article; None when it has no vectors."""
        place = self.places.get(article_id)
        return None if place is None else float(self.best[place])


class VectorIndex:
    """The vectors of some articles; immutable. ``matrix`` gives the rows for content keys."""

    def __init__(self, articles: Sequence[tuple[str, Sequence[bytes]]], matrix: Callable[[list[bytes]], Vectors]):
        self.ids = tuple(article_id for article_id, _ in articles)
        self._places = {article_id: place for place, article_id in enumerate(self.ids)}
        counts = [len(keys) for _, keys in articles]
        self._first = np.cumsum([0, *counts[:-1]]) if counts else np.zeros(0, np.intp)
        vectors = matrix(list(chain.from_iterable(keys for _, keys in articles)))
        self._metric = ParaphraseMetric.learn(vectors, self._first) if self.ids else None
        self._rows = self._metric.place(vectors) if self._metric else vectors

    def neighbours(self, query: Vectors) -> Neighbours:
        """Compare ``query`` (d,) with every article. Raises EmbedderError when the articles have another dimension."""
        if self._metric is None:
            return Neighbours((), np.zeros(0, np.float32), 0.0, {})
        if len(query) != self._rows.shape[1]:
            raise EmbedderError(f"问题的向量有 {len(query)} 维，条目的有 {self._rows.shape[1]} 维；请检查嵌入模型。")
        # not `rows @ query`: BLAS shares that out among all cores, which takes five times as long when they are busy
        cosines = np.einsum("ij,j->i", self._rows, self._metric.place(query))
        return Neighbours(self.ids, np.maximum.reduceat(cosines, self._first), self._metric.trust, self._places)
