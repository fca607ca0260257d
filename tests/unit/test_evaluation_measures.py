"""Figures of a ranking: rules that hold for any ranking, and agreement with the scorer that came with the real sets."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.evaluation.asking import as_json, average, evaluate
from kb.evaluation.measures import CUTOFFS, DEPTH, first_rank, recalled, reciprocal, score
from kb.evaluation.runs import read_run, write_run
from kb.evaluation.sets import QrelsSet, load_relevant
from tests.unit.qrels import REFUNDS

IDS = st.sampled_from([f"a{number}" for number in range(15)])
QIDS = st.sampled_from([f"q{number}" for number in range(8)])
RUNS = st.dictionaries(QIDS, st.lists(IDS, unique=True))
RELEVANT = st.dictionaries(QIDS, st.frozensets(IDS, min_size=1, max_size=3), min_size=1)


def test_figures_count_every_judged_query() -> None:
    texts = {"q1": "退款", "q2": "发票", "q3": "没电了", "q4": "犇骉", "q5": "没人评判"}
    relevant = {"q1": {"a"}, "q2": {"c"}, "q3": {"c"}, "q4": {"a"}}
    ranked = {"退款": ["b", "a"], "发票": ["b"], "没电了": ["c", "a"], "犇骉": []}
    data = QrelsSet((), texts, {qid: frozenset(ids) for qid, ids in relevant.items()})
    result = evaluate(data, lambda text: ranked[text])
    assert result.scores.recall == {1: 0.25, 3: 0.5, 10: 0.5}
    assert result.scores.mrr == pytest.approx((1 / 2 + 0 + 1 + 0) / 4)
    assert result.scores.zero_result == 1
    assert len(result.latencies_ms) == 4
    assert set(result.run) == set(relevant)


def test_the_document_is_that_of_the_contract() -> None:
    data = QrelsSet((), {"q": "退款"}, {"q": frozenset({"a"})})
    document = as_json(evaluate(data, lambda text: ["a"]), "whoosh", "off")
    assert set(document) == {
        "queries", "recall@1", "recall@3", "recall@10", "mrr@10", "zero_result", "engine", "semantic", "ms",
    }  # fmt: skip
    assert set(document["ms"]) == {"p50", "p95", "p99"}


def test_every_set_counts_the_same_in_the_average() -> None:
    figures = dict.fromkeys(("recall@1", "recall@3", "recall@10", "mrr@10"))
    rows: list[dict[str, Any]] = [
        {**dict.fromkeys(figures, 0.5), "queries": 1000},
        {**dict.fromkeys(figures, 1.0), "queries": 1},
    ]
    assert average(rows) == dict.fromkeys(figures, 0.75)


@given(RUNS, RELEVANT)
def test_recall_grows_with_k_and_bounds_mrr(run: Mapping[str, list[str]], relevant: Mapping[str, set[str]]) -> None:
    scores = score(run, relevant)
    recalls = [scores.recall[k] for k in CUTOFFS]
    assert recalls == sorted(recalls)
    assert recalls[0] - 1e-9 <= scores.mrr <= recalls[-1] + 1e-9
    assert recalls[-1] <= 1 - scores.zero_result / scores.queries + 1e-9


@given(st.lists(IDS, unique=True), st.frozensets(IDS, min_size=1))
def test_what_is_right_stands_at_its_first_rank(ids: list[str], right: frozenset[str]) -> None:
    rank = first_rank(ids, right)
    assert right.isdisjoint(ids[: rank - 1] if rank else ids[:DEPTH])
    assert not rank or ids[rank - 1] in right
    assert recalled(rank, DEPTH) == bool(rank) == bool(reciprocal(rank))


@pytest.fixture(scope="module")
def scorer() -> Path:
    """``score.py`` beside the real sets, which nobody of this project wrote."""
    path = Path(os.environ.get("ZHIDA_EVAL_DIR", "")) / "score.py"
    if not path.is_file():
        pytest.skip("no score.py: set ZHIDA_EVAL_DIR to the folder of the real sets")
    return path


@given(run=RUNS, relevant=RELEVANT)
def test_the_scorer_of_the_real_sets_gives_the_same(
    scorer: Path, run: Mapping[str, list[str]], relevant: Mapping[str, set[str]]
) -> None:
    theirs = runpy.run_path(str(scorer))["score"](run, relevant)
    ours = score(run, relevant)
    assert (ours.queries, ours.zero_result) == (theirs["queries"], theirs["no_result"])
    assert ours.mrr == pytest.approx(theirs["MRR@10"])
    assert [ours.recall[k] for k in CUTOFFS] == pytest.approx([theirs[f"R@{k}"] for k in CUTOFFS])


def test_the_scorer_reads_our_files_as_we_do(scorer: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.tsv"
    write_run(path, {"q1": ["received", "not-received"], "q8": ["freight"], "q3": ["arrival-time"]})
    command = [sys.executable, str(scorer), str(path), str(REFUNDS / "qrels.tsv")]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    relevant = load_relevant(REFUNDS)
    ours = score(read_run(path, relevant), relevant)
    recalls = "\t".join(f"R@{k}={ours.recall[k]:.4f}" for k in CUTOFFS)
    assert theirs.strip() == f"queries=8\t{recalls}\tMRR@10={ours.mrr:.4f}\tno_result={ours.zero_result}"
