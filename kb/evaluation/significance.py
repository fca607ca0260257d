"""Whether a difference between two systems on the same queries may be chance.

The p-value is that of Fisher's paired randomisation test: if both systems were the same, each query's difference
could as well have had the other sign, so signs are flipped at random and it is counted how often the mean gets as
far from zero as the one observed. It assumes no distribution and is the test to use for retrieval measures (M. Smucker,
J. Allan, B. Carterette: A Comparison of Statistical Significance Tests for Information Retrieval Evaluation, CIKM
2007). The observed signs count as one of the rounds, so p is never 0 (B. Phipson, G. Smyth, 2010). The interval is
the percentile bootstrap over queries (T. Sakai: Evaluating Evaluation Metrics based on the Bootstrap, SIGIR 2006).

Differences of ranks have few distinct values, so a round draws how many of each value are flipped (binomial) or
taken (multinomial) instead of drawing query by query: the same distribution, some hundred times faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROUNDS = 10_000
_SEED = 20070611
#: sums that differ by less are the same number, added up in another order
_TOLERANCE = 1e-9

Differences = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairedTest:
    """``difference``: mean over sets of the mean difference; ``low``, ``high``: its 95 % interval; ``p``: two-sided."""

    difference: float
    low: float
    high: float
    p: float


def paired_test(sets: Sequence[Differences]) -> PairedTest:
    """Test the per-query differences (after - before) of one or more sets, each of which weighs the same.

    Deterministic: the same differences give the same figures. Every set needs at least one query.
    """
    rng = np.random.default_rng(_SEED)
    observed = float(np.mean([differences.mean() for differences in sets]))
    flipped = np.mean([_means_with_signs_flipped(differences, rng) for differences in sets], axis=0)
    resampled = np.mean([_means_resampled(differences, rng) for differences in sets], axis=0)
    as_far = int(np.count_nonzero(np.abs(flipped) >= abs(observed) - _TOLERANCE))
    low, high = np.percentile(resampled, [2.5, 97.5])
    return PairedTest(observed, float(low), float(high), (as_far + 1) / (ROUNDS + 1))


def _means_with_signs_flipped(differences: Differences, rng: np.random.Generator) -> Differences:
    sizes, counts = np.unique(np.abs(differences), return_counts=True)
    positive = rng.binomial(counts, 0.5, size=(ROUNDS, counts.size))
    means: Differences = (2 * positive - counts) @ sizes / differences.size
    return means


def _means_resampled(differences: Differences, rng: np.random.Generator) -> Differences:
    values, counts = np.unique(differences, return_counts=True)
    taken = rng.multinomial(differences.size, counts / differences.size, size=ROUNDS)
    means: Differences = taken @ values / differences.size
    return means
