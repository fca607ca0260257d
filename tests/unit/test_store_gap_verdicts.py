"""Verdicts on knowledge gaps: one a wording, the latest counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from kb.ports.store import GapVerdict
from kb.store.database import Database
from kb.store.gap_verdicts import GapVerdicts

ONE = GapVerdict("能刷花呗吗", "能刷花呗吗？", None, False, "lead", datetime(2026, 11, 22, 9, 0, tzinfo=timezone.utc))


def test_the_latest_verdict_on_a_wording_is_kept_and_comes_first(tmp_path: Path) -> None:
    verdicts = GapVerdicts(Database(tmp_path / "zhida.db"))
    later = replace(ONE, article_id="pay", added=True, at=ONE.at + timedelta(minutes=1))
    other = replace(ONE, asked="开户行是哪家", text="开户行是哪家")
    for verdict in (ONE, other, later):
        verdicts.judge(verdict)
    assert verdicts.all() == [later, other]


def test_a_verdict_that_is_withdrawn_is_told_once(tmp_path: Path) -> None:
    verdicts = GapVerdicts(Database(tmp_path / "zhida.db"))
    verdicts.judge(ONE)
    assert verdicts.withdraw(ONE.asked) == ONE
    assert verdicts.withdraw(ONE.asked) is None
    assert verdicts.all() == []
