"""What is measured of a ranking: recall@k and reciprocal rank, from the rank of the first right article.

A query counts as recalled at k when any right article is among the first k; where it has one, as most have, that is
recall. Ranks count from 1; 0 means that there is no right article among the first DEPTH.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

#: Nobody looks further down than this.
DEPTH = 10
CUTOFFS = (1, 3, DEPTH)

#: qid -> article ids, best first
Run = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Scores:
    """Of all judged queries: ``recall`` by cutoff and ``mrr`` as shares, ``zero_result`` as a number of queries."""

    queries: int
    recall: Mapping[int, float]
    mrr: float
    zero_result: int


def score(run: Run, relevant: Mapping[str, Collection[str]]) -> Scores:
    """Score a run against what is right; a judged query that the run lacks found nothing."""
    ranks = [first_rank(run.get(qid, ()), right) for qid, right in relevant.items()]
    return Scores(
        queries=len(ranks),
        recall={k: sum(recalled(rank, k) for rank in ranks) / len(ranks) for k in CUTOFFS},
        mrr=sum(map(reciprocal, ranks)) / len(ranks),
        zero_result=sum(not run.get(qid) for qid in relevant),
    )


def first_rank(ids: Sequence[str], right: Collection[str]) -> int:
    """The rank of the first right id, 0 when it is not among the first DEPTH."""
    return next((rank for rank, article_id in enumerate(ids[:DEPTH], 1) if article_id in right), 0)


def recalled(rank: int, k: int) -> bool:
    """Whether ``rank`` is among the first ``k``."""
    return 0 < rank <= k


def reciprocal(rank: int) -> float:
    """1 / rank; 0 when nothing right was found."""
    return 1 / rank if rank else 0.0
