"""BM25 over posting arrays: pure numpy, no files, no engine.

Whoosh walks posting lists document by document in Python; adding up whole arrays ranks the same
documents the same way some thirty times faster.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.ports.engine import BM25_B, BM25_K1, COVERAGE, COVERAGE_POWER, Term

#: (document numbers ascending, term frequencies) of one token in one field
Postings = tuple[NDArray[np.int32], NDArray[np.float32]]

#: bytes that what is kept of a token takes beside what is in its arrays: these themselves, its key and its place
_AROUND = 600

#: A token that more than this share of the documents carry can't select, only rank.
COMMON_SHARE = 0.2

#: So many selected documents are enough; with fewer, the common tokens select too. It must not depend on the page
#: asked for, or totals would change from page to page.
ENOUGH = 30


def bytes_of(postings: Postings) -> int:
    """What posting arrays take where they are kept."""
    return sum(array.nbytes for array in postings) + _AROUND


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


@dataclass(frozen=True, slots=True)
class Impact:
    """What one token adds to the BM25 sums of documents, for a term of weight 1; all its fields are added up.

    ``documents`` (ascending) carry it, with ``scores`` beside them; a ``common`` token has a score for every document,
    0 for those that don't carry it. ``limit``: the score of a document that repeats it for ever in PERFECT_FIELD.
    ``idf`` is that of the field where most documents have it.
    """

    documents: NDArray[np.int32]
    scores: NDArray[np.float32]
    limit: float
    idf: float
    common: bool

    @classmethod
    def of(cls, fields: Iterable[FieldPostings], size: int, live: int, common: bool) -> Impact:
        """Of a token that stands in ``fields`` of ``size`` documents, ``live`` of which are not deleted."""
        sums, limit, most = np.zeros(size, np.float32), 0.0, 0
        for field in fields:
            documents, frequencies = field.postings
            most = max(most, documents.size)
            best = field.boost * idf(live, documents.size) * (BM25_K1 + 1)
            limit += best if field.is_perfect else 0.0
            sums[documents] += np.float32(best) * frequencies / (frequencies + field.norms[documents])
        carriers = np.flatnonzero(sums).astype(np.int32)
        return cls(carriers, sums if common else sums[carriers], limit, idf(live, most), common)

    @property
    def nbytes(self) -> int:
        """Bytes that it takes where it is kept."""
        return bytes_of((self.documents, self.scores))


Weighted = Sequence[tuple[Term, Impact]]


def score(terms: Weighted, allowed: NDArray[np.bool_], also: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Shares of a perfect match, lowered by the share of the query that is missing (see ``kb.ports.engine``), per
    document; 0 for what is not ``allowed``.

    Rare terms select documents, common ones only add to the score of what was selected or is asked for (``also``);
    when too few are selected, all select.
    """
    sums, carried = _added_up([pair for pair in terms if not pair[1].common], allowed.size)
    selected = allowed & (sums > 0)
    enough = np.count_nonzero(selected) >= ENOUGH
    candidates = np.flatnonzero(selected | also if enough else allowed)
    sums, carried = sums[candidates], carried[candidates]
    for term, impact in terms:
        if impact.common:
            added = impact.scores[candidates]
            sums += term.weight * added
            if term.selective:
                carried += term.weight * impact.idf * (added > 0)
    perfect = sum(term.weight * impact.limit for term, impact in terms)
    whole = sum(term.weight * impact.idf for term, impact in terms if term.selective)
    shares = sums / (perfect or 1.0)
    if whole:
        shares *= 1 - COVERAGE + COVERAGE * (carried / whole) ** COVERAGE_POWER
    scores = np.zeros(allowed.size, np.float32)
    scores[candidates] = shares
    return scores


def _added_up(terms: Weighted, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per document, the BM25 sum of terms and how much of their selective ones it carries (Σ weight · idf)."""
    selective = [pair for pair in terms if pair[0].selective]
    terms = selective + [pair for pair in terms if not pair[0].selective]
    if not terms:
        return np.zeros(size), np.zeros(size)
    lengths = [impact.documents.size for _, impact in terms]
    documents = np.concatenate([impact.documents for _, impact in terms], dtype=np.intp)
    weights = np.repeat([term.weight for term, _ in terms], lengths)
    sums = np.bincount(documents, weights * np.concatenate([impact.scores for _, impact in terms]), size)
    parts = np.repeat([term.weight * impact.idf for term, impact in selective], lengths[: len(selective)])
    carried = np.bincount(documents[: parts.size], parts, size)
    # numpy counts nothing at all in integers
    return sums.astype(np.float64, copy=False), carried.astype(np.float64, copy=False)


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

    def readings(self, documents: Sequence[int]) -> list[int | None]:
        """The index of the winning reading of each; None for the query as typed."""
        return [winner - 1 if winner else None for winner in self.winners[list(documents)].tolist()]


def _above(floor: float, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
    above: NDArray[np.bool_] = (scores > 0) & (scores >= np.float32(floor) * scores.max(initial=0))
    return above


def top(scores: NDArray[np.float32], candidates: NDArray[np.intp], wanted: int) -> NDArray[np.intp]:
    """The ``wanted`` best candidates and all that tie with the last of them."""
    if candidates.size <= wanted:
        return candidates
    values = scores[candidates]
    limit = np.partition(values, candidates.size - wanted)[candidates.size - wanted]
    best: NDArray[np.intp] = candidates[values >= limit]
    return best


class FacetCounter:
    """Counts how many hits carry each value of one keyword field. ``values``: each with the documents that carry it."""

    def __init__(self, values: Mapping[str, NDArray[np.int32]], size: int) -> None:
        # every document has the number of the set of values that it carries: one lookup a hit, however many values
        self._sets: list[tuple[str, ...]] = [()]
        self._set_of = np.zeros(size, np.intp)
        for value, documents in values.items():
            former, places = np.unique(self._set_of[documents], return_inverse=True)
            self._set_of[documents] = len(self._sets) + places
            self._sets += [(*self._sets[number], value) for number in former]

    def counts(self, hits: NDArray[np.intp]) -> list[tuple[str, int]]:
        """Values with the number of ``hits`` (documents), most frequent first, zeros left out."""
        found: dict[str, int] = defaultdict(int)
        tally = np.bincount(self._set_of[hits])
        carried = tally.nonzero()[0]
        for number, times in zip(carried.tolist(), tally[carried].tolist(), strict=True):
            for value in self._sets[number]:
                found[value] += times
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))
