"""Which articles are near a question in meaning: the vectors of their texts, compared with all at once.

Comparing with every vector is right at this size: 15,000 of them take about a millisecond (docs/decisions/0008). What
is compared are questions on both sides: titles, customers' wordings, and the beginning of the answer behind its title.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from kb.errors import EmbedderError
from kb.model import Article
from kb.ports.embedder import Vectors, content_key
from kb.rules.paraphrases import BACKGROUND, ParaphraseMetric, mean_of
from kb.text.normalize import normalize

#: characters of a text that are embedded; a title has 60 at most, and a longer question says nothing new
_LONGEST = 200

#: Characters of the title, and of title and script together, that stand for what an article says. More take longer to
#: embed and say no more.
_TITLE, _CONTENT = 40, 100

#: What cosines count beside a perfect match in words, which counts 1: little by themselves, and the more, the more
#: paraphrases the metric has seen (measured, docs/quality.md).
_WORDINGS, _WORDINGS_BY_TRUST = 0.25, 0.6
_CONTENTS, _CONTENTS_BY_TRUST = 0.3, 0.2

#: The part of the title's cosine in that of the wordings; the rest is that of the nearest wording. An article with
#: many wordings is near to everything with one of them.
_TITLES_PART = 0.2

#: What a learned question counts beside the article's own wordings: almost as much, as far as it is nearer.
_LEARNED = 0.9

#: A learned question has to be nearer by so much: a breath of difference says nothing.
_MARGIN = 0.04


def embedded_form(text: str) -> str:
    """What is given to the model for ``text``: folded as everywhere else, so that spelling doesn't matter."""
    return normalize(text).strip()[:_LONGEST]


@dataclass(frozen=True, slots=True)
class ArticleTexts:
    """What is embedded of an article. ``wordings``: its title, then its questions; ``content``: what it says;
    ``learned``: (question learned from use, how far it is trusted, from 0 to 1).
    """

    id: str
    wordings: tuple[str, ...]
    content: str
    learned: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, article: Article, learned: Iterable[tuple[str, float]] = ()) -> ArticleTexts:
        """The texts of ``article``, as they will be embedded."""
        questions = (embedded_form(question) for question in article.questions)
        content = f"{article.title[:_TITLE]} {article.script_for(None)[:_CONTENT]}".replace("\n", " ")
        return cls(
            id=article.id,
            wordings=(embedded_form(article.title), *dict.fromkeys(filter(None, questions))),
            content=embedded_form(content)[:_CONTENT],
            learned=tuple((embedded_form(text), trust) for text, trust in learned),
        )

    def all(self) -> Iterator[str]:
        """Every text."""
        return chain(self.wordings, (self.content,), (text for text, _ in self.learned))


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """How near a question is to each article, in the order of ``ids``.

    ``nearest``: the best cosine (-1 to 1) with one of its texts. ``meaning`` and ``learned``: what that
    and learned questions add to a score. Only articles that have vectors are here; one that was deleted a moment ago
    may still be.
    """

    ids: tuple[str, ...]
    nearest: NDArray[np.float32]
    meaning: NDArray[np.float32]
    learned: NDArray[np.float32]
    places: dict[str, int] = field(repr=False)

    def with_others(self, others: Neighbours) -> Neighbours:
        """The ``others`` too, which take the place of those with their ids."""
        kept = np.array([place for place, i in enumerate(self.ids) if i not in others.places], np.intp)
        ids = (*(self.ids[place] for place in kept), *others.ids)
        return Neighbours(
            ids=ids,
            nearest=np.append(self.nearest[kept], others.nearest),
            meaning=np.append(self.meaning[kept], others.meaning),
            learned=np.append(self.learned[kept], others.learned),
            places={article_id: place for place, article_id in enumerate(ids)},
        )


def needed_texts(articles: Iterable[ArticleTexts]) -> dict[bytes, str]:
    """By content key, the texts whose vectors an index of ``articles`` needs."""
    texts = chain(map(embedded_form, BACKGROUND), chain.from_iterable(article.all() for article in articles))
    return {content_key(text): text for text in texts}


class VectorIndex:
    """The vectors of some articles; immutable. ``matrix`` gives the rows for content keys, as ``needed_texts`` names
    them; of BACKGROUND those that are ``missing`` are done without. An index ``like`` another compares in its metric.
    """

    def __init__(
        self,
        articles: Sequence[ArticleTexts],
        matrix: Callable[[list[bytes]], Vectors],
        missing: Collection[bytes] = (),
        like: VectorIndex | None = None,
    ):
        self.ids = tuple(article.id for article in articles)
        self._places = {article_id: place for place, article_id in enumerate(self.ids)}
        if not articles:
            return

        def rows(texts: Iterable[str]) -> Vectors:
            return matrix([content_key(text) for text in texts])

        counts = [len(article.wordings) for article in articles]
        self._first = np.cumsum([0, *counts[:-1]])
        wordings = rows(chain.from_iterable(article.wordings for article in articles))
        contents = rows(article.content for article in articles)
        if like is None:
            background = matrix([k for text in BACKGROUND if (k := content_key(embedded_form(text))) not in missing])
            self._metric = ParaphraseMetric.learn(wordings, self._first, background)
            self._mean_content = mean_of(contents, background)
        else:
            self._metric, self._mean_content = like._metric, like._mean_content
        self._wordings = self._metric.place(wordings)
        self._contents = self._metric.place(contents, self._mean_content)
        taught = [(place, *one) for place, article in enumerate(articles) for one in article.learned]
        self._learners = np.array([place for place, _, _ in taught], np.intp)
        self._learned_trust = np.array([trust for _, _, trust in taught], np.float32)
        self._learned = self._metric.place(rows(text for _, text, _ in taught)) if taught else wordings[:0]

    def neighbours(self, query: Vectors) -> Neighbours:
        """Compare ``query`` (d,) with every article. Raises EmbedderError when the articles have another dimension."""
        if not self.ids:
            nothing = np.zeros(0, np.float32)
            return Neighbours((), nothing, nothing, nothing, {})
        if len(query) != self._wordings.shape[1]:
            raise EmbedderError(
                f"问题的向量有 {len(query)} 维，条目的有 {self._wordings.shape[1]} 维；请检查嵌入模型。"
            )
        placed = self._metric.place(query)
        wordings, contents = _cosines(self._wordings, placed), _cosines(self._contents, placed)
        nearest, titles = np.maximum.reduceat(wordings, self._first), wordings[self._first]
        trust = self._metric.trust
        by_wordings = np.float32(_WORDINGS + _WORDINGS_BY_TRUST * trust)
        by_content = np.float32(_CONTENTS + _CONTENTS_BY_TRUST * trust)
        gained = self._nearer_by_learned(placed, nearest)
        near = np.float32(1 - _TITLES_PART) * np.maximum(nearest, 0) + np.float32(_TITLES_PART) * np.maximum(titles, 0)
        return Neighbours(
            ids=self.ids,
            nearest=np.maximum(nearest + gained, contents),
            meaning=by_wordings * near + by_content * np.maximum(contents, 0),
            learned=_LEARNED * (by_wordings + by_content) * gained,
            places=self._places,
        )

    def _nearer_by_learned(self, placed: Vectors, nearest: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much nearer than its own wordings and a margin each article's nearest learned question is, if trusted."""
        nearer = np.zeros_like(nearest)
        gains = self._learned_trust * (_cosines(self._learned, placed) - nearest[self._learners] - np.float32(_MARGIN))
        np.maximum.at(nearer, self._learners, gains)
        return nearer


def _cosines(rows: Vectors, placed: Vectors) -> NDArray[np.float32]:
    # not `rows @ placed`: BLAS shares that out among all cores, which takes five times as long when they are busy
    cosines: NDArray[np.float32] = np.einsum("ij,j->i", rows, placed)
    return cosines
