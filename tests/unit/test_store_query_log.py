"""Typing is one search, personal numbers are not written down, and old searches are forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from kb.ports.store import FailedSearch, LoggedSearch
from kb.store.database import Database
from kb.store.query_log import QueryLog

START = datetime(2026, 11, 21, 9, 0, tzinfo=timezone.utc)


@pytest.fixture
def log(tmp_path: Path) -> QueryLog:
    return QueryLog(Database(tmp_path / "zhida.db"))


def record(log: QueryLog, query: str, seconds: float = 0, agent: str = "s1", **details: Any) -> None:
    values: dict[str, Any] = {"normalized": query.lower(), "n_hits": 3, "took_ms": 4.2, "generation": "g1"} | details
    log.record(LoggedSearch(START + timedelta(seconds=seconds), agent, query, **values))


def logged(log: QueryLog) -> dict[str, int]:
    return {found.query: found.count for found in log.frequent(START, 100)}


def test_keystrokes_become_one_search(log: QueryLog) -> None:
    for second, text in enumerate(["退", "退款", "未收到货退款"]):
        record(log, text, second)

    assert logged(log) == {"未收到货退款": 1}


def test_typing_something_else_without_a_rest_replaces_too(log: QueryLog) -> None:
    record(log, "退款", 0)
    record(log, "发票", 1.9)

    assert logged(log) == {"发票": 1}


def test_two_seconds_of_rest_settle_a_search(log: QueryLog) -> None:
    record(log, "退款", 0)
    record(log, "退款到账", 2)

    assert logged(log) == {"退款": 1, "退款到账": 1}


def test_typing_on_for_thirty_seconds_starts_another_search(log: QueryLog) -> None:
    for second in range(32):
        record(log, "退" * (second + 1), second)

    assert logged(log) == {"退" * 30: 1, "退" * 32: 1}


def test_a_pick_settles_a_search(log: QueryLog) -> None:
    record(log, "退款", 0)
    log.settle("s1")
    record(log, "退款到账", 1)

    assert logged(log) == {"退款": 1, "退款到账": 1}


def test_enter_settles_the_search_that_was_being_typed(log: QueryLog) -> None:
    record(log, "退", 0)
    record(log, "退款", 1, settled=True)
    record(log, "退款到账", 2)

    assert logged(log) == {"退款": 1, "退款到账": 1}


def test_settling_before_any_search_does_nothing(log: QueryLog) -> None:
    log.settle("s1")

    assert logged(log) == {}


def test_agents_do_not_type_over_each_other(log: QueryLog) -> None:
    record(log, "退款", 0, agent="s1")
    record(log, "发票", 1, agent="s2")
    log.settle("s2")
    record(log, "退款到账", 1.5, agent="s1")

    assert logged(log) == {"退款到账": 1, "发票": 1}


def test_a_keystroke_overtaken_on_the_way_adds_nothing(log: QueryLog) -> None:
    record(log, "退款", 1, settled=True)
    record(log, "退", 0.9)

    assert logged(log) == {"退款": 1}


def test_searches_are_kept_when_the_clock_is_set_back(log: QueryLog) -> None:
    record(log, "退款", 3600)
    record(log, "发票", 0)

    assert logged(log) == {"退款": 1, "发票": 1}


def test_personal_numbers_are_masked_and_never_suggested(log: QueryLog) -> None:
    record(log, "13812345678 退款", n_hits=0)
    record(log, "13812345678 退款", 10, n_hits=1)

    assert [found.query for found in log.zero_results(START, 100)] == ["[手机号] 退款"]
    assert logged(log) == {}


def test_nothing_personal_reaches_the_file(log: QueryLog, tmp_path: Path) -> None:
    record(
        log,
        "我的手机１３８１２３４５６７８",
        normalized="我的手机13812345678",
        fallback="没有找到“我的手机13812345678”，已按普通词查找。",
        filters={"tag": "13812345678"},
    )

    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert "我的手机[手机号]".encode() in content
    assert b"13812345678" not in content
    assert "１３８".encode() not in content


def test_searches_without_a_result_come_latest_first(log: QueryLog) -> None:
    for second, (query, n_hits) in enumerate([("ETC办理", 0), ("花呗", 0), ("退款", 5), ("etc办理", 0)]):
        record(log, query, second * 10, n_hits=n_hits, channel="微信")

    found = log.zero_results(START, 2)

    assert [search.query for search in found] == ["etc办理", "花呗"]
    assert found[0] == FailedSearch("etc办理", START + timedelta(seconds=30), "微信")


def test_what_a_filter_hid_is_no_gap(log: QueryLog) -> None:
    record(log, "退款", n_hits=0, filters={"product": "mall"})
    record(log, "花呗", 10, n_hits=0, channel="微信")

    assert [found.query for found in log.zero_results(START, 100)] == ["花呗"]


def test_frequent_searches_found_something_and_come_most_frequent_first(log: QueryLog) -> None:
    queries = ["退款", "发票", "花呗", "退款", "发票", "退款"]
    for number, query in enumerate(queries):
        record(log, query, number * 10, n_hits=0 if query == "花呗" else 2)

    assert [(row.query, row.count) for row in log.frequent(START, 100)] == [("退款", 3), ("发票", 2)]
    assert [row.query for row in log.frequent(START, 1)] == ["退款"]
    assert [row.count for row in log.frequent(START + timedelta(seconds=35), 100)] == [1, 1]


def test_old_searches_are_purged(log: QueryLog) -> None:
    record(log, "退款", 0)
    record(log, "发票", 60)

    assert log.purge(START + timedelta(seconds=60)) == 1
    assert logged(log) == {"发票": 1}
