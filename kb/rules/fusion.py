"""Words and meaning in one score: the share of a perfect match in words plus the weighted cosine of meaning.

A plain sum did as well over five sets of real questions as anything learned from them: ranks instead of scores (RRF)
lost two points of recall@3, a linear re-ranker over twenty features lost one on sets it was not trained on
(docs/quality.md).
"""

from __future__ import annotations

from collections.abc import Mapping

from kb.rules.vector_index import Neighbours

#: What a cosine of 1 counts beside a perfect match in words: the more, the more paraphrases the metric has seen.
_LEAST_WEIGHT = 0.45
_WEIGHT_BY_TRUST = 0.5

#: An article that shares no word with the question is an answer from this cosine on; below, it is about something else.
NEAR = 0.35

#: So many articles that are near in meaning are looked at; more never brought a right one among the first three.
_NEAREST = 20


def nearest(neighbours: Neighbours | None) -> tuple[str, ...]:
    """The articles that are answers for their meaning alone, nearest first."""
    if neighbours is None:
        return ()
    order = (-neighbours.best).argsort(kind="stable")[:_NEAREST]
    return tuple(neighbours.ids[place] for place in order if neighbours.best[place] >= NEAR)


def meanings(neighbours: Neighbours | None, words: Mapping[str, float]) -> dict[str, float]:
    """What meaning adds to each of the found articles, given their share of a perfect match in ``words``; nothing when
    it takes no part.

    An article that has no vectors yet (edited a moment ago) is taken to be as near as its words are, compared with
    the best of the others.
    """
    if neighbours is None:
        return {}
    weight = _LEAST_WEIGHT + _WEIGHT_BY_TRUST * neighbours.trust
    known = {i: max(cosine, 0.0) for i in words if (cosine := neighbours.of(i)) is not None}
    best, most = max(known.values(), default=0.0), max((words[i] for i in known), default=0.0)
    return {i: weight * (known[i] if i in known else best * min(words[i] / most, 1.0) if most else 0.0) for i in words}
