"""The audit log keeps what was written, gives it back filtered, and exports it harmlessly."""

from __future__ import annotations

import csv
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kb.access.audit import Audit, as_csv, as_jsonl, detail_text
from kb.errors import StoreError
from kb.model import Caller, Role, Via
from kb.ports.accounts import AuditFilter
from kb.store.audit import AuditLog
from kb.store.database import Database
from tests.unit.access_desk import Clock

ROOT = Caller.local("root")
ALICE = Caller("alice", Role.REVIEWER, None, True, Via.SESSION)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "zhida.db")


@pytest.fixture
def audit(database: Database, clock: Clock) -> Audit:
    return Audit(AuditLog(database), clock)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_log SET actor = 'somebody else'",
        "DELETE FROM audit_log",
        "INSERT OR REPLACE INTO audit_log SELECT id, at, 'x', via, action, target, detail FROM audit_log",
        "REPLACE INTO audit_log (id, at, actor, via, action, target, detail) VALUES (1, 0, '', '', '', '', '{}')",
    ],
)
def test_what_is_written_stays(audit: Audit, database: Database, tmp_path: Path, sql: str) -> None:
    audit.record(ALICE, "article.publish", "refund", {"note": "改了金额"})
    before = audit.entries(ROOT, AuditFilter())
    with pytest.raises(StoreError, match="append-only"), database.write() as db:
        db.execute(sql)
    with sqlite3.connect(tmp_path / "zhida.db") as foreign, pytest.raises(sqlite3.Error, match="append-only"):
        foreign.execute(sql)
    foreign.close()
    assert audit.entries(ROOT, AuditFilter()) == before


def test_entries_come_back_as_they_were_and_the_latest_first(audit: Audit, clock: Clock) -> None:
    audit.record(ALICE, "article.publish", "refund", {"owners": ["售后业务部"], "days": 3, "none": None})
    first = clock()
    clock.turn(minutes=1)
    audit.record(ROOT, "user.add", "bob\x1b]0;x\x07")
    second, other = audit.entries(ROOT, AuditFilter())
    assert (second.actor, second.via, second.target, second.detail) == ("root", Via.LOCAL, "bob]0;x", {})
    assert (other.at, other.actor, other.via, other.action) == (first, "alice", Via.SESSION, "article.publish")
    assert other.detail == {"owners": ["售后业务部"], "days": 3, "none": None}


def test_entries_are_filtered_and_paged(audit: Audit, clock: Clock) -> None:
    for number in range(3):
        audit.record(ALICE, "article.save", f"a{number}")
        audit.record(ROOT, "user.add", f"u{number}")
        clock.turn(hours=1)
    start = clock() - timedelta(hours=3)

    def targets(**wanted: Any) -> list[str]:
        return [entry.target for entry in audit.entries(ROOT, AuditFilter(**wanted))]

    assert targets(actor="alice") == ["a2", "a1", "a0"]
    assert targets(action="user.add", since=start + timedelta(hours=1)) == ["u2", "u1"]
    assert targets(until=start + timedelta(hours=1)) == ["u0", "a0"]
    assert targets(target="a1") == ["a1"]
    page = audit.entries(ROOT, AuditFilter(), limit=2, offset=1)
    assert [entry.target for entry in page] == ["a2", "u1"]


def test_a_detail_is_shown_in_words(audit: Audit) -> None:
    detail = {"role": "editor", "owners": ["售后业务部", "物流部"], "can_publish": False, "expires": None, "days": 3}
    audit.record(ROOT, "user.add", "小王", detail)
    (entry,) = audit.entries(ROOT, AuditFilter())
    assert detail_text(entry) == "角色：业务编辑；部门：售后业务部、物流部；可以发布：否；days：3"


def test_publishing_is_a_right_of_editors_and_not_said_of_others(audit: Audit) -> None:
    audit.record(ROOT, "user.add", "小李", {"role": "agent", "can_publish": True})
    (entry,) = audit.entries(ROOT, AuditFilter())
    assert detail_text(entry) == "角色：客服"


def test_an_export_runs_no_formula(audit: Audit) -> None:
    audit.record(ALICE, "article.save", '=HYPERLINK("http://evil.example")', {"note": "一,二\n三"})
    entries = audit.entries(ROOT, AuditFilter())
    header, row = csv.reader(as_csv(entries).splitlines(keepends=True))
    assert header == ["at", "actor", "via", "action", "target", "detail"]
    assert row[1:5] == ["alice", "session", "article.save", '\'=HYPERLINK("http://evil.example")']
    assert json.loads(row[5]) == {"note": "一,二\n三"}
    (line,) = as_jsonl(entries).splitlines()
    assert json.loads(line)["target"] == '=HYPERLINK("http://evil.example")'
