"""Which differences between two questions are only manner of speech, learned from the house's own paraphrases.

An article's title and questions ask the same thing, so the directions in which their vectors differ say little; those
directions are shortened before vectors are compared (within-class covariance normalisation, Hatch, Kajarekar & Stolcke
2006, after removal of the mean). Without paraphrases nothing is known and only the mean is removed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.ports.embedder import Vectors

#: paraphrases; fewer say nothing about 384 directions
_FEWEST = 20

#: How strongly directions are shortened: variances are relative to their mean, this is added to each (measured).
_SMOOTHING = 3.0

#: paraphrases by which a metric has half of the greatest trust
_HALF_TRUST = 200


@dataclass(frozen=True, slots=True)
class ParaphraseMetric:
    """How to compare vectors of one collection of articles. ``trust``: from 0 (no paraphrases) towards 1 (many)."""

    mean: Vectors
    transform: NDArray[np.float32] | None
    trust: float

    @classmethod
    def learn(cls, vectors: Vectors, first: NDArray[np.intp]) -> ParaphraseMetric:
        """From the vectors (n, d) of all texts; those of an article stand together, its title at ``first[article]``."""
        mean = vectors.mean(axis=0)
        titles = np.repeat(first, np.diff(first, append=len(vectors)))
        paraphrases = titles != np.arange(len(vectors))
        pairs = int(np.count_nonzero(paraphrases))
        if pairs < _FEWEST:
            return cls(mean, None, 0.0)
        centred = _unit(vectors - mean)
        differences = centred[paraphrases] - centred[titles[paraphrases]]
        variances, directions = np.linalg.eigh(differences.T @ differences / np.float32(pairs))
        relative = np.maximum(variances, 0) / max(float(variances.mean()), 1e-12)
        transform = directions / np.sqrt(relative + _SMOOTHING)
        return cls(mean, transform.astype(np.float32), pairs / (pairs + _HALF_TRUST))

    def place(self, vectors: Vectors) -> Vectors:
        """The vectors (d,) or (n, d) where their inner products are the cosines to compare by."""
        centred = vectors - self.mean
        return _unit(centred if self.transform is None else centred @ self.transform)


def _unit(vectors: NDArray[np.floating]) -> Vectors:
    lengths = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    unit: Vectors = (vectors / lengths).astype(np.float32)
    return unit
