"""BM25 over posting arrays: pure numpy, no files, no engine.

Whoosh walks posting lists document by document in Python; adding up whole arrays ranks the same
documents the same way some thirty times faster.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.ports.engine import BM25_B, BM25_K1, COVERAGE, COVERAGE_POWER, Term

#: (document numbers ascending, term frequencies) of one token in one field
Postings = tuple[NDArray[np.int32], NDArray[np.float32]]

#: A token that more than this share of the documents carry can't select, only rank.
COMMON_SHARE = 0.2

#: So many selected documents are enough; with fewer, the common tokens select too. It must not depend on the page
#: asked for, or totals would change from page to page.
ENOUGH = 30


@dataclass(frozen=True, slots=True)
class FieldStatistics:
    """``norms[doc]`` = k1·(1 - b + b·length/average): the length part of BM25, per document."""

    norms: NDArray[np.float32]

    @classmethod
    def of(cls, lengths: NDArray[np.float32], live: int) -> FieldStatistics:
        """From token counts per document (0 for deleted ones) and the number of live documents."""
        average = float(lengths.sum(dtype=np.float64)) / live if live else 0.0  # exact, wherever the zeros are
        relative = lengths / average if average else lengths
        return cls((BM25_K1 * (1 - BM25_B + BM25_B * relative)).astype(np.float32))


def idf(documents: int, frequency: int) -> float:
    """Inverse document frequency (see ``kb.ports.engine.BM25_K1`` for the source)."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


@dataclass(frozen=True, slots=True)
class FieldPostings:
    """One token in one field: where it stands, the field's norms and boost, and whether it is PERFECT_FIELD."""

    postings: Postings
    norms: NDArray[np.float32]
    boost: float
    is_perfect: bool = False


class Accumulator:
    """Adds up the scores of all documents term by term, and how much of the query each document carries."""

    def __init__(self, size: int, live: int) -> None:
        self._sums = np.zeros(size, np.float32)
        self._carried = np.zeros(size, np.float32)
        self._last_term = np.zeros(size, np.int32)
        self._terms = 0
        self._whole = 0.0
        self._perfect = 0.0
        self._live = live

    def add(self, term: Term, fields: Iterable[FieldPostings], only: NDArray[np.int32] | None = None) -> None:
        """Add one term, as it stands in each field, to all documents or to those in ``only``."""
        self._terms += 1
        carriers = []
        most = 0
        for field in fields:
            postings, frequency = field.postings, field.postings[0].size
            most = max(most, frequency)
            limit = field.boost * term.weight * idf(self._live, frequency) * (BM25_K1 + 1)
            if field.is_perfect:
                self._perfect += limit
            if only is not None and only.size < frequency:
                postings = restrict(postings, only)
            documents, frequencies = postings
            if documents.size:
                self._sums[documents] += np.float32(limit) * frequencies / (frequencies + field.norms[documents])
                carriers.append(documents)
        if term.selective:
            self._carry(carriers, term.weight * idf(self._live, most))

    def _carry(self, carriers: Iterable[NDArray[np.int32]], share: float) -> None:
        """Count ``share`` once for every document that carries the term in any field."""
        self._whole += share
        for documents in carriers:
            new = documents[self._last_term[documents] != self._terms]
            self._last_term[new] = self._terms
            self._carried[new] += np.float32(share)

    def found(self) -> NDArray[np.bool_]:
        """The documents that carry any of the terms so far."""
        return self._sums > 0

    def scores(self) -> NDArray[np.float32]:
        """Shares of a perfect match, lowered by the share of the query that is missing; see ``kb.ports.engine``."""
        shares: NDArray[np.float32] = self._sums / np.float32(self._perfect or 1.0)
        if not self._whole:
            return shares
        carried = self._carried / np.float32(self._whole)
        factor: NDArray[np.float32] = 1 - COVERAGE + COVERAGE * carried ** np.float32(COVERAGE_POWER)
        shares *= factor
        return shares


@dataclass(frozen=True, slots=True)
class Matches:
    """Per document: its best score, whether it is a hit, and which reading won (0: the query as typed)."""

    scores: NDArray[np.float32]
    hits: NDArray[np.bool_]
    winners: NDArray[np.int8]

    @classmethod
    def best(cls, scores: Sequence[NDArray[np.float32]], floor: float) -> Matches:
        """The maximum of the scores of the query as typed (the first) and its readings; at equal scores it wins.

        A hit reaches ``floor`` among all readings or for the words as typed, which are never drowned by other words.
        """
        typed, *others = scores
        maximum, winners = typed, np.zeros(typed.size, np.int8)
        hits = _above(floor, typed)
        for place, other in enumerate(others, start=1):
            winners[other > maximum] = place
            maximum = np.maximum(maximum, other)
        return cls(maximum, hits | _above(floor, maximum) if others else hits, winners)

    def reading(self, document: int) -> int | None:
        """The index of the winning reading; None for the query as typed."""
        return int(self.winners[document]) - 1 if self.winners[document] else None


def _above(floor: float, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
    above: NDArray[np.bool_] = (scores > 0) & (scores >= np.float32(floor) * scores.max(initial=0))
    return above


def restrict(postings: Postings, candidates: NDArray[np.int32]) -> Postings:
    """The part of a long posting list that falls on ``candidates`` (ascending document numbers)."""
    documents, frequencies = postings
    places = np.searchsorted(documents, candidates)
    places[places == documents.size] = 0
    found = places[documents[places] == candidates] if documents.size else places[:0]
    return documents[found], frequencies[found]


@dataclass(frozen=True, slots=True)
class Plan:
    """Rare terms select documents; common ones only add to the score of what was selected."""

    rare: tuple[Term, ...]
    common: tuple[Term, ...]


def plan(terms: Iterable[Term], frequency: Callable[[str], int], documents: int) -> Plan:
    """Split terms by document frequency; when all are common, all select."""
    rare: list[Term] = []
    common: list[Term] = []
    for term in terms:
        (common if frequency(term.text) > COMMON_SHARE * documents else rare).append(term)
    return Plan(tuple(rare), tuple(common)) if rare else Plan(tuple(common), ())


def top(scores: NDArray[np.float32], candidates: NDArray[np.int32], wanted: int) -> NDArray[np.int32]:
    """The ``wanted`` best candidates and all that tie with the last of them, best first."""
    if candidates.size > wanted:
        values = scores[candidates]
        limit = np.partition(values, candidates.size - wanted)[candidates.size - wanted]
        candidates = candidates[values >= limit]
    return candidates[np.argsort(-scores[candidates], kind="stable")]


def counts(values: Mapping[str, NDArray[np.int32]], hits: NDArray[np.bool_]) -> list[tuple[str, int]]:
    """Facet counts: how many hits carry each value, most frequent first, zeros left out."""
    counted = ((value, int(np.count_nonzero(hits[documents]))) for value, documents in values.items())
    return sorted(((v, n) for v, n in counted if n), key=lambda item: (-item[1], item[0]))
