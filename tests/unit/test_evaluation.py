"""kb eval: figures that an independent count confirms, on any folder of the shape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kb.config import load_settings
from kb.errors import EvalError
from kb.usecases.evaluation import as_json, evaluate, load_qrels_set, run_file
from kb.wiring import evaluation_search

CORPUS = (
    {"id": "a", "title": "怎样退款", "aliases": ["钱怎么退"], "body": "三天到账。", "category": ["商城", "退款"]},
    {"id": "b", "title": "怎样开发票", "questions": ["发票在哪开"], "body": "确认收货后开具。"},
    {"id": "c", "title": "门锁没电", "body": ""},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = (json.dumps(row, ensure_ascii=False) for row in CORPUS)
    (tmp_path / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "queries.tsv").write_text("q1\t退款\nq2\t发票\nq3\t没电了\nq4\t犇骉\nq5\t没人评判\n", encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("q1\ta\t1\nq2\tc\t1\nq2\tb\t0\nq3\tc\t1\nq4\ta\t1\n", encoding="utf-8")
    return tmp_path


def test_figures_count_every_judged_query(folder: Path) -> None:
    ranked = {"退款": ["b", "a"], "发票": ["b"], "没电了": ["c", "a"], "犇骉": []}
    result = evaluate(load_qrels_set(folder), lambda text: ranked[text])
    assert result.recall == {1: 0.25, 3: 0.5, 10: 0.5}
    assert result.mrr == pytest.approx((1 / 2 + 0 + 1 + 0) / 4)
    assert result.zero_result == 1
    assert len(result.latencies_ms) == 4


def test_the_run_file_has_one_ranked_line_per_hit(folder: Path) -> None:
    result = evaluate(load_qrels_set(folder), lambda text: ["b", "a"])
    assert run_file(result).splitlines()[:2] == ["q1\tb\t1", "q1\ta\t2"]


def test_the_real_search_answers_a_set(folder: Path) -> None:
    data = load_qrels_set(folder)
    with evaluation_search(data.articles, load_settings(environ={})) as search:
        result = evaluate(data, search)
    assert result.run["q1"][0] == "a"
    assert result.run["q3"][0] == "c"
    document = as_json(result, "whoosh", "off")
    assert set(document) == {
        "queries", "recall@1", "recall@3", "recall@10", "mrr@10", "zero_result", "engine", "semantic", "ms",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", "{broken", "corpus.jsonl:1"),
        ("corpus.jsonl", '{"id": "x"}', "corpus.jsonl:1"),
        ("queries.tsv", "no tab", "queries.tsv:1"),
        ("qrels.tsv", "q1\ta\t0\n", "没有一条"),
    ],
)
def test_a_bad_set_is_named_with_its_line(folder: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(EvalError, match=message):
        load_qrels_set(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"corpus\.jsonl"):
        load_qrels_set(tmp_path)
