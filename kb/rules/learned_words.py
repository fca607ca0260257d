"""What learned questions add to an article's score by their words, where search by meaning has no part.

Wordings are alike by the pairs of characters that they share (Dice 1945). A learned question counts as far as it is
more like the query than the article's own wordings are, from a likeness on that is no coincidence; so articles with
many learned questions have no advantage by their number (measured, docs/quality.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kb.ports.engine import Term
from kb.rules.vector_index import ArticleTexts
from kb.text.grams import grams
from kb.text.normalize import normalize

_LEARNED = 0.2
_COINCIDENCE = 0.2

Pairs = frozenset[str]


class LearnedWords:
    """Of the ``articles`` that have any."""

    def __init__(self, articles: Iterable[ArticleTexts] = ()) -> None:
        self._own: dict[str, list[Pairs]] = {}
        self._learned: list[tuple[str, Pairs, float]] = []
        self._carriers: dict[str, list[int]] = defaultdict(list)
        for article in articles:
            if article.learned:
                self._own[article.id] = [_pairs(text) for text in article.wordings]
            for text, trust in article.learned:
                self._add(article.id, _pairs(text), trust)

    def gains(self, query: str) -> dict[str, float]:
        """article id -> what is added to its score; those that gain nothing are left out."""
        if not self._learned:
            return {}
        asked = _pairs(query)
        gains: dict[str, float] = defaultdict(float)
        for number in {number for pair in asked for number in self._carriers.get(pair, ())}:
            article_id, learned, trust = self._learned[number]
            own = max((_alike(asked, pairs) for pairs in self._own[article_id]), default=0.0)
            gain = _LEARNED * trust * (_alike(asked, learned) - max(own, _COINCIDENCE))
            if gain > gains.get(article_id, 0.0):
                gains[article_id] = gain
        return dict(gains)

    def _add(self, article_id: str, pairs: Pairs, trust: float) -> None:
        for pair in pairs:
            self._carriers[pair].append(len(self._learned))
        self._learned.append((article_id, pairs, trust))


def _pairs(text: str) -> Pairs:
    return frozenset(token for token in grams(normalize(text)) if Term(token).selective)


def _alike(one: Pairs, other: Pairs) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
