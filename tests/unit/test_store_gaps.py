"""Reported gaps: a double click is one report, nobody floods the list, nothing personal is written down."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kb.errors import TooManyReports
from kb.ports.store import Gap
from kb.store.database import Database
from kb.store.gaps import MOST_REPORTS, PER, SAME_REPORT, GapLog

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=timezone.utc)


@pytest.fixture
def log(tmp_path: Path) -> GapLog:
    return GapLog(Database(tmp_path / "zhida.db"))


def test_a_report_comes_back_as_it_was_and_the_latest_first(log: GapLog) -> None:
    first = Gap(NOW, "能刷花呗吗", "客户问了三次", "s1", "微信", "mall")
    second = Gap(NOW + timedelta(minutes=1), "开户行是哪家", agent="s2")
    log.record(first)
    log.record(second)
    assert log.recent(NOW) == [second, first]
    assert log.recent(NOW + timedelta(seconds=1)) == [second]


def test_a_double_click_is_one_report_and_a_note_added_at_once_is_kept(log: GapLog) -> None:
    log.record(Gap(NOW, "花呗", agent="s1"))
    log.record(Gap(NOW + SAME_REPORT / 2, "花呗", "客户很急", "s1", "电话"))
    (gap,) = log.recent(NOW)
    assert (gap.at, gap.note, gap.channel) == (NOW, "客户很急", "电话")


@pytest.mark.parametrize(
    "other",
    [
        Gap(NOW + SAME_REPORT, "花呗", agent="s1"),
        Gap(NOW, "花呗", agent="s2"),
        Gap(NOW, "白条", agent="s1"),
    ],
    ids=["later", "another agent", "another query"],
)
def test_what_differs_is_another_report(log: GapLog, other: Gap) -> None:
    log.record(Gap(NOW, "花呗", agent="s1"))
    log.record(other)
    assert len(log.recent(NOW)) == 2


def test_one_visitor_can_not_flood_the_list(log: GapLog) -> None:
    for number in range(MOST_REPORTS):
        log.record(Gap(NOW, f"问题{number}", agent="s1"))
    with pytest.raises(TooManyReports):
        log.record(Gap(NOW, "又一个", agent="s1"))
    log.record(Gap(NOW, "又一个", agent="s2"))
    log.record(Gap(NOW + PER, "又一个", agent="s1"))
    assert len(log.recent(NOW)) == MOST_REPORTS + 2


def test_nothing_personal_reaches_the_file(log: GapLog, tmp_path: Path) -> None:
    log.record(Gap(NOW, "查一下１３８１２３４５６７８", "客户手机 13812345678"))
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert "客户手机 [手机号]".encode() in content
    assert b"13812345678" not in content
    assert "１３８".encode() not in content


def test_old_reports_are_purged(log: GapLog) -> None:
    log.record(Gap(NOW, "花呗"))
    log.record(Gap(NOW + timedelta(days=1), "白条"))
    assert log.purge(NOW + timedelta(days=1)) == 1
    assert [gap.query for gap in log.recent(NOW)] == ["白条"]
