"""Ask every judged query of a set: how good the ranking is, and how long each answer takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kb.evaluation.measures import DEPTH, Run, Scores, score
from kb.evaluation.sets import QrelsSet
from kb.usecases.progress import Progress, silent

_AVERAGED = ("recall@1", "recall@3", "recall@10", "mrr@10")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``latencies_ms``: of every query that was asked, in order."""

    scores: Scores
    latencies_ms: Sequence[float]
    run: Run


def evaluate(data: QrelsSet, search: Callable[[str], Sequence[str]], progress: Progress = silent) -> Evaluation:
    """Run every judged query through ``search`` (text -> ranked ids) and score the first DEPTH ids."""
    texts = data.judged_texts()
    latencies, run = [], {}
    for qid, text in progress(texts.items(), len(texts), "查询"):
        started = time.perf_counter()
        run[qid] = list(search(text))[:DEPTH]
        latencies.append((time.perf_counter() - started) * 1000)
    return Evaluation(score(run, data.relevant), latencies, run)


def as_json(result: Evaluation, engine: str, semantic: str) -> dict[str, Any]:
    """The contract's ``eval`` document."""
    scores = result.scores
    percentiles = np.percentile(result.latencies_ms or [0.0], [50, 95, 99])
    return {
        "queries": scores.queries,
        **{f"recall@{k}": round(value, 4) for k, value in scores.recall.items()},
        f"mrr@{DEPTH}": round(scores.mrr, 4),
        "zero_result": scores.zero_result,
        "engine": engine,
        "semantic": semantic,
        "ms": {name: round(float(ms), 2) for name, ms in zip(("p50", "p95", "p99"), percentiles, strict=True)},
    }


def average(documents: Iterable[dict[str, Any]]) -> dict[str, float]:
    """The mean over sets of what is comparable between them: each set counts the same, however many queries it has."""
    rows = list(documents)
    return {name: round(sum(row[name] for row in rows) / len(rows), 4) for name in _AVERAGED}
