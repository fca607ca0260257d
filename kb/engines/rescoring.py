"""The formula of ``kb.ports.engine`` for a few documents and several readings of a question at once.

``kb.engines.scoring`` gives the same scores for all documents from posting lists; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.engines.forward import ForwardIndex, Numbers, Occurrences, token_key
from kb.ports.engine import (
    BM25_B,
    BM25_K1,
    COVERAGE,
    COVERAGE_POWER,
    PERFECT_FIELD,
    SCORED_FIELDS,
    Reading,
    Term,
)

FIELDS = tuple(SCORED_FIELDS)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of all documents that may be seen: how many, their average lengths; how many carry a token, per field."""

    documents: int
    averages: Sequence[float]
    frequencies: Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Scored:
    """Per reading (row) and document (column): the weighted score, and whether a selecting term is carried."""

    scores: NDArray[np.float32]
    selected: NDArray[np.bool_]

    @classmethod
    def nothing(cls, readings: int) -> Scored:
        """No documents."""
        return cls(np.zeros((readings, 0), np.float32), np.zeros((readings, 0), np.bool_))

    @classmethod
    def joined(cls, parts: Sequence[Scored]) -> Scored:
        """All columns of ``parts``."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.scores for part in parts], axis=1),
            np.concatenate([part.selected for part in parts], axis=1),
        )

    def at(self, places: NDArray[np.intp]) -> Scored:
        """Some of the columns."""
        return Scored(self.scores[:, places], self.selected[:, places])


def idfs(documents: int, frequencies: NDArray[np.int64]) -> NDArray[np.float64]:
    """Inverse document frequencies (see ``kb.ports.engine.BM25_K1`` for the source)."""
    found: NDArray[np.float64] = np.log(1 + (documents - frequencies + 0.5) / (frequencies + 0.5))
    return found


class Rescorer:
    """Scores documents for ``readings``; ``selecting`` are the terms of each that select."""

    def __init__(
        self,
        readings: Sequence[Reading],
        selecting: Sequence[Sequence[Term]],
        boosts: Mapping[str, float],
        statistics: Statistics,
    ) -> None:
        self._averages = np.array([[average or 1.0] for average in statistics.averages])
        self._boosts = np.array([boosts.get(name, 0.0) for name in FIELDS])
        keys = {term.text: token_key(term.text) for reading in readings for term in reading.terms}
        self._keys = np.array(sorted(set(keys.values())), np.int64)
        places = dict(zip(keys, np.searchsorted(self._keys, list(keys.values())).tolist(), strict=True))
        self.limits = [self._limits(reading.terms, statistics) for reading in readings]
        self._columns = [
            _ByToken(reading, limits, [places[term.text] for term in reading.terms], self._keys.size)
            for reading, limits in zip(readings, self.limits, strict=True)
        ]
        for column, terms in zip(self._columns, selecting, strict=True):
            column.selecting[[places[term.text] for term in terms]] = True

    def _limits(self, terms: Sequence[Term], statistics: Statistics) -> NDArray[np.float64]:
        """Per term and field, what the term adds to the sum if it is repeated for ever; last, its share of coverage."""
        frequencies = np.array([statistics.frequencies(term.text) for term in terms]).reshape(-1, len(FIELDS))
        weights = np.array([term.weight for term in terms])[:, None]
        limits = np.empty((len(terms), len(FIELDS) + 1))
        limits[:, :-1] = self._boosts * (BM25_K1 + 1) * weights * idfs(statistics.documents, frequencies)
        most = frequencies[:, self._boosts > 0].max(axis=1, initial=0)  # the field where most have it
        limits[:, -1] = weights[:, 0] * idfs(statistics.documents, most) * [term.selective for term in terms]
        return limits

    def score(self, index: ForwardIndex, numbers: Numbers) -> Scored:
        """All readings' scores of the documents ``numbers`` of ``index``."""
        found = index.occurrences(numbers, self._keys)
        norms = BM25_K1 * (1 - BM25_B + BM25_B * index.lengths(numbers) / self._averages)
        saturation = found.frequency / (found.frequency + norms[found.field, found.document])
        counted = np.flatnonzero(self._boosts[found.field])
        carried = found.document[counted], found.token[counted]
        again = np.zeros(counted.size, np.bool_)  # the same token in another field of the same document
        again[1:] = (carried[0][1:] == carried[0][:-1]) & (carried[1][1:] == carried[1][:-1])
        once = carried[0][~again], carried[1][~again]
        rows = [column.scores(numbers.size, found, saturation, *once) for column in self._columns]
        return Scored(np.array([row.scores for row in rows]), np.array([row.selected for row in rows]))


class _ByToken:
    """One reading: what each token can add per field, its share of the coverage, whether it selects."""

    def __init__(self, reading: Reading, limits: NDArray[np.float64], places: Sequence[int], tokens: int) -> None:
        added = np.zeros((tokens, len(FIELDS) + 1))
        np.add.at(added, list(places), limits)
        self._limits, self._shares = added[:, :-1], added[:, -1]
        self._weight = reading.weight / (float(limits[:, FIELDS.index(PERFECT_FIELD)].sum()) or 1.0)
        self._whole = float(self._shares.sum())
        self.selecting = np.zeros(tokens, np.bool_)

    def scores(
        self, size: int, found: Occurrences, saturation: NDArray[np.float64], document: Numbers, token: Numbers
    ) -> Scored:
        """One row; ``document`` and ``token`` name each token that a document carries once."""
        scores = np.bincount(found.document, self._limits[found.token, found.field] * saturation, size) * self._weight
        if self._whole:
            carried = np.bincount(document, self._shares[token], size) / self._whole
            scores *= 1 - COVERAGE + COVERAGE * carried**COVERAGE_POWER
        selected = np.bincount(document, self.selecting[token], size) > 0
        return Scored(scores.astype(np.float32), selected)
