"""From evidence to a label with a confidence: votes of the articles found, the wording of scenarios, and a calibration.

The calibration is a logistic regression on four figures that mean the same in every library; there is one for scores of
words alone and one for those with meaning. The constants were fitted by ``python -m tests.calibration`` on pooled
halves of two sets of real questions that carry categories, with questions about something else as examples of what
must stay uncertain; the report also tells what they are worth when fitted on one set and used on the other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

#: so many best articles vote
NEIGHBOURS = 20

#: An article that scores this part of the best score less has 1/e of the best one's vote.
_TEMPERATURE = 0.1

#: The vote of a scenario that no article was found in: unlikely, not impossible.
_NO_VOTE = 0.01

#: What the wording counts beside the votes.
_WORDING = 0.8

#: At this confidence an answer is given. It is right in at least nine of ten cases on each set, also when the constants
#: were fitted on the other one.
CERTAIN = 0.75


class Figures(NamedTuple):
    """What speaks for the best label: the logarithm of its odds, its share of the votes, the share of the question
    that its wording knows, and the score of the best article (in words alone, 1 is perfect).
    """

    log_odds: float
    votes: float
    known: float
    match: float


class Calibration(NamedTuple):
    """How figures make a confidence."""

    intercept: float
    weights: Figures


BY_WORDS = Calibration(-3.264, Figures(log_odds=0.529, votes=0.325, known=3.754, match=2.464))
BY_MEANING = Calibration(-4.484, Figures(log_odds=0.449, votes=1.411, known=2.378, match=2.867))


def votes(found: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The share of each label among the articles found, given as (label, score), best first."""
    shares: defaultdict[str, float] = defaultdict(float)
    if not found or found[0][1] <= 0:
        return {}
    best = max(score for _, score in found)
    for label, score in found[:NEIGHBOURS]:
        shares[label] += math.exp((score / best - 1) / _TEMPERATURE)
    whole = sum(shares.values())
    return {label: share / whole for label, share in shares.items()}


def probabilities(cast: Mapping[str, float], likelihoods: Mapping[str, float]) -> dict[str, float]:
    """Votes and wording together, for every label that has a likelihood; sums up to 1."""
    logs = {label: math.log(cast.get(label, 0.0) + _NO_VOTE) + _WORDING * said for label, said in likelihoods.items()}
    most = max(logs.values())
    shares = {label: math.exp(log - most) for label, log in logs.items()}
    whole = sum(shares.values())
    return {label: share / whole for label, share in shares.items()}


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), kept within ±7."""
    return math.log((probability + 1e-3) / (1 - probability + 1e-3))


def confidence(figures: Figures, calibration: Calibration) -> float:
    """The probability that the label is right."""
    weights = zip(calibration.weights, figures, strict=True)
    weighed = calibration.intercept + sum(weight * figure for weight, figure in weights)
    return 1 / (1 + math.exp(-weighed))


def summed(shares: Mapping[str, float], parent_of: Callable[[str], str]) -> dict[str, float]:
    """Shares by label → shares by the parent of the label."""
    sums: defaultdict[str, float] = defaultdict(float)
    for label, share in shares.items():
        sums[parent_of(label)] += share
    return dict(sums)


def average(weighted: Iterable[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """The mean of (weight, shares)."""
    sums: defaultdict[str, float] = defaultdict(float)
    whole = 0.0
    for weight, shares in weighted:
        whole += weight if shares else 0.0
        for label, share in shares.items():
            sums[label] += weight * share
    return {label: share / whole for label, share in sums.items()}
