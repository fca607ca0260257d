"""Sets and runs on disk: what is read, and that what can't be read is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.errors import EvalError
from kb.evaluation.runs import read_run, write_run
from kb.evaluation.sets import find_sets, load_qrels_set, load_texts_if_any
from tests.unit.qrels import DELIVERY, QRELS, REFUNDS, copied

REFUND_QUERIES = frozenset(f"q{number}" for number in range(1, 9))


def test_a_set_has_articles_queries_and_what_is_right() -> None:
    data = load_qrels_set(REFUNDS)
    article = data.articles[0]
    assert (article.id, article.questions, article.scenario.title) == ("not-received", ("东西没到想退钱",), "refunds")
    assert data.texts["q3"] == "钱几天能退回来"
    assert data.relevant["q8"] == {"not-received", "received", "arrival-time"}


def test_only_judged_queries_with_a_grade_above_zero_count(tmp_path: Path) -> None:
    folder = copied(tmp_path / "set")
    (folder / "qrels.tsv").write_text("q1\treceived\t0\nq1\tnot-received\t2\nq2\treceived\t0\n", encoding="utf-8")
    data = load_qrels_set(folder)
    assert data.relevant == {"q1": {"not-received"}}
    assert data.judged_texts() == {"q1": "快递一直没到我要退款"}


def test_sets_are_found_as_folders_and_in_folders() -> None:
    assert find_sets([QRELS]) == {"delivery": DELIVERY, "refunds": REFUNDS}
    assert list(find_sets([REFUNDS, DELIVERY])) == ["refunds", "delivery"]


def test_sets_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="同名"):
        find_sets([REFUNDS, copied(tmp_path / "refunds")])


def test_folders_without_sets_are_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"没有评测集.*corpus\.jsonl"):
        find_sets([tmp_path])
    with pytest.raises(EvalError, match=r"没有 .*nowhere 这个文件夹"):
        find_sets([tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", "{broken", "corpus.jsonl:1: 不是 JSON"),
        ("corpus.jsonl", '{"id": "x"}', "corpus.jsonl:1: .*title"),
        ("corpus.jsonl", '{"id": "x", "title": "一"}\n\n[]', "corpus.jsonl:3: "),
        ("queries.tsv", "no tab", "queries.tsv:1: 应有 2 列"),
        ("qrels.tsv", "q1\ta\t1\nq1\ta\n", "qrels.tsv:2: 应有 3 列"),
        ("qrels.tsv", "q1\ta\tyes\n", "qrels.tsv:1: 相关度"),
        ("qrels.tsv", "q1\ta\t0\n", "没有一条"),
    ],
)
def test_a_bad_set_is_named_with_its_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    folder = copied(tmp_path / "set")
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(EvalError, match=message):
        load_qrels_set(folder)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.tsv", "qrels.tsv"])
def test_a_missing_file_and_a_wrong_encoding_are_named(tmp_path: Path, name: str) -> None:
    folder = copied(tmp_path / "set")
    (folder / name).write_bytes("退款\t一\t1".encode("gb18030"))
    with pytest.raises(EvalError, match=f"{name}.*UTF-8"):
        load_qrels_set(folder)
    (folder / name).unlink()
    with pytest.raises(EvalError, match=name):
        load_qrels_set(folder)


def test_the_texts_of_queries_may_be_missing(tmp_path: Path) -> None:
    folder = copied(tmp_path / "set")
    assert load_texts_if_any(folder)["q8"] == "退款"
    (folder / "queries.tsv").unlink()
    assert load_texts_if_any(folder) == {}


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run.tsv"
    run = {"q1": ["received", "not-received"], "q3": ["arrival-time"]}
    write_run(path, run)
    assert path.read_text(encoding="utf-8") == "q1\treceived\t1\nq1\tnot-received\t2\nq3\tarrival-time\t1\n"
    assert read_run(path, REFUND_QUERIES) == run


def test_runs_of_other_programs_may_be_out_of_order_and_repeat_ids(tmp_path: Path) -> None:
    path = tmp_path / "run.tsv"
    path.write_text("q1\tc\t3\tscore\nq1\ta\t1\n\nq1\ta\t2\n", encoding="utf-8")
    assert read_run(path, {"q1"}) == {"q1": ["a", "c"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("q1\ta\t1\nq1\tb\n", "run.tsv:2: 应有 3 列.*只有 2 列"),
        ("q1\ta\tfirst\n", "run.tsv:1: 名次须是整数，这里是“first”"),
        ("q1\ta\t0\n", "run.tsv:1: 名次从 1 数起"),
        ("q1\ta\t1\nq99\ta\t1\n", "run.tsv:2: 评测集里没有查询“q99”"),
    ],
)
def test_a_bad_run_is_named_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "run.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvalError, match=message):
        read_run(path, REFUND_QUERIES)


def test_a_missing_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"读不了 .*run\.tsv"):
        read_run(tmp_path / "run.tsv", REFUND_QUERIES)
