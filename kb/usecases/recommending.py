"""Answers to a conversation: every sentence of the customer is searched, the hits are merged into one short list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb.model import Message, Recommendations, Recommended, SearchPage, SearchRequest, Sentence
from kb.rules.conversation import sentences

#: articles; a list to choose from, not to read
MAX_RECOMMENDED = 20

_NOTHING_ASKED = "消息里没有要查的问题（只有问候、表情或单号），请补上客户想问的话。"
_NOTHING_FOUND = "没有条目回答这些话，请换个说法或只发客户的问题。"

#: hits looked at for each sentence beyond those asked for: some answer another sentence better
_SPARE = 5


@dataclass(frozen=True, slots=True)
class Recommender:
    """``search`` is that of agents: filters, freshness and fallbacks are the same."""

    search: Callable[[SearchRequest], SearchPage]

    def recommend(
        self, messages: Sequence[Message], channel: str | None = None, product: str | None = None, limit: int = 5
    ) -> Recommendations:
        """The ``limit`` best articles.

        Raises QueryError for an unknown channel or product or too long a chat, EngineError.
        """
        told = sentences(messages)
        best: dict[str, Recommended] = {}
        unanswered = []
        trouble = None
        for sentence in told:
            request = SearchRequest(sentence.query, product=product, channel=channel, limit=limit + _SPARE)
            page = self.search(request)
            trouble = trouble or page.semantic_trouble
            for place, hit in enumerate(page.hits, 1):
                found = Recommended(hit, sentence, _score(sentence, hit.score, place))
                known = best.setdefault(hit.record.article.id, found)
                if found.score > known.score:
                    best[hit.record.article.id] = found
            if not page.hits:
                unanswered.append(sentence)
        ranked = sorted(best.values(), key=lambda found: (-found.score, found.hit.record.article.id))
        note = None if ranked else _NOTHING_FOUND if told else _NOTHING_ASKED
        return Recommendations(tuple(ranked[:limit]), told, tuple(unanswered), note, trouble)


def _score(sentence: Sentence, match: float, place: int) -> float:
    """The first answers to all sentences come before the second ones, unless they match badly or count less.

    Dividing by the place interleaves the sentences: with it the answers to both of two questions are more often among
    the first five than by match and weight alone (``python -m tests.conversations``).
    """
    return round(match * sentence.weight / place, 4)
