"""Two runs of the same queries side by side: which queries won, which lost, by how much, and whether that is chance."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kb.evaluation.measures import DEPTH, Run, first_rank, recalled, reciprocal
from kb.evaluation.significance import PairedTest, paired_test

#: qid -> rank of the first right article before and after, 0 for none among the first DEPTH
Pairs = Mapping[str, tuple[int, int]]

#: What is compared: the value of one query by that rank.
MEASURES: Mapping[str, Callable[[int], float]] = {
    f"mrr@{DEPTH}": reciprocal,
    "recall@1": lambda rank: float(recalled(rank, 1)),
    "recall@3": lambda rank: float(recalled(rank, 3)),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure ``before`` and ``after`` (means over sets of means over queries), and the number of queries by
    whether it rose (``won``), fell (``lost``) or stayed (``same``)."""

    before: float
    after: float
    won: int
    lost: int
    same: int
    test: PairedTest


@dataclass(frozen=True, slots=True)
class Change:
    """A query whose rank changed; ``gain`` in reciprocal rank, from -1 (first → gone) to 1."""

    qid: str
    before: int
    after: int
    gain: float


def pair(before: Run, after: Run, relevant: Mapping[str, Collection[str]]) -> Pairs:
    """Every judged query with its two ranks; one that a run lacks found nothing there."""
    return {
        qid: (first_rank(before.get(qid, ()), right), first_rank(after.get(qid, ()), right))
        for qid, right in relevant.items()
    }


def differences(sets: Sequence[Pairs]) -> dict[str, Difference]:
    """The MEASURES over one or more sets, each of which weighs the same."""
    return {name: _difference(sets, value) for name, value in MEASURES.items()}


def changes(pairs: Pairs) -> list[Change]:
    """The queries whose rank changed, the greatest changes first."""
    changed = [
        Change(qid, before, after, reciprocal(after) - reciprocal(before))
        for qid, (before, after) in pairs.items()
        if before != after
    ]
    return sorted(changed, key=lambda change: (-abs(change.gain), change.qid))


def as_json(pairs: Pairs, texts: Mapping[str, str]) -> dict[str, Any]:
    """One set's comparison; ``texts`` of queries where known. A rank is null when nothing right was found."""
    return {
        "queries": len(pairs),
        "measures": measures_as_json([pairs]),
        "changes": [
            {
                "qid": change.qid,
                "text": texts.get(change.qid),
                "before": change.before or None,
                "after": change.after or None,
                "gain": round(change.gain, 4),
            }
            for change in changes(pairs)
        ],
    }


def measures_as_json(sets: Sequence[Pairs]) -> dict[str, Any]:
    """The MEASURES by name, flat."""
    return {name: _rounded(difference) for name, difference in differences(sets).items()}


def _difference(sets: Sequence[Pairs], value: Callable[[int], float]) -> Difference:
    values = [np.array([(value(before), value(after)) for before, after in pairs.values()]) for pairs in sets]
    before, after = np.mean([each.mean(axis=0) for each in values], axis=0)
    gains = [each[:, 1] - each[:, 0] for each in values]
    won, lost, same = (sum(int(np.count_nonzero(np.sign(each) == sign)) for each in gains) for sign in (1, -1, 0))
    return Difference(float(before), float(after), won, lost, same, paired_test(gains))


def _rounded(difference: Difference) -> dict[str, Any]:
    flat = {**asdict(difference), **asdict(difference.test)}
    return {name: round(value, 4) for name, value in flat.items() if name != "test"}
