"""What is added to the share of a perfect match in words: by meaning and by questions learned from use.

A plain sum did as well over five sets of real questions as anything learned from them: ranks instead of scores (RRF)
lost one point of recall@3, a linear re-ranker over twenty features lost one on sets it was not trained on
(docs/quality.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from kb.rules.vector_index import Neighbours

#: An article that shares no word with the question is an answer from this cosine on; below, it is about something else.
NEAR = 0.35

#: So many articles that are found otherwise than by words are looked at; more never brought a right one among the
#: first three.
_NEAREST, _NEAREST_FILTERED = 20, 200


class Added(NamedTuple):
    """What an article's score is raised by."""

    meaning: float = 0.0
    learned: float = 0.0


class Additions(Protocol):
    """What is known of a question beside its words. ``found``: the articles that are answers even without a word in
    common, the likeliest first.
    """

    @property
    def found(self) -> tuple[str, ...]: ...

    def to(self, words: Mapping[str, float]) -> Mapping[str, Added]:
        """What is added to articles, given their share of a perfect match in words; none where nothing is."""


@dataclass(frozen=True, slots=True)
class ByMeaning:
    """Where a model was asked."""

    neighbours: Neighbours
    found: tuple[str, ...]

    @classmethod
    def of(cls, near: Neighbours, filtered: bool = False) -> ByMeaning:
        """What the model says; when ``filtered``, the nearest may be of no use, so there have to be more."""
        order = (-near.meaning - near.learned).argsort(kind="stable")[: _NEAREST_FILTERED if filtered else _NEAREST]
        return cls(near, tuple(near.ids[place] for place in order if near.nearest[place] >= NEAR))

    def to(self, words: Mapping[str, float]) -> Mapping[str, Added]:
        near = self.neighbours
        places = {i: place for i in words if (place := near.places.get(i)) is not None}
        added = {i: Added(float(near.meaning[place]), float(near.learned[place])) for i, place in places.items()}
        if len(added) < len(words):
            best = max((each.meaning for each in added.values()), default=0.0)
            most = max((words[i] for i in added), default=0.0)
            added |= {i: _guessed(share, most, best) for i, share in words.items() if i not in added}
        return added


@dataclass(frozen=True, slots=True)
class ByWords:
    """Where none was: ``gains`` by the words of learned questions."""

    gains: Mapping[str, float]
    found: tuple[str, ...]

    @classmethod
    def of(cls, gains: Mapping[str, float]) -> ByWords:
        """What ``LearnedWords`` says."""
        return cls(gains, tuple(sorted(gains, key=lambda i: (-gains[i], i))[:_NEAREST]))

    def to(self, words: Mapping[str, float]) -> Mapping[str, Added]:
        return {i: Added(learned=self.gains[i]) for i in words if i in self.gains}


def _guessed(share: float, most: float, best: float) -> Added:
    """For an article without vectors (edited a moment ago): as near as its words are, compared with the others."""
    return Added(meaning=best * min(share / most, 1.0) if most else 0.0)
