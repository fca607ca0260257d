"""Learned questions and verdicts in SQLite, and the evidence that the event log gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from kb.ports.events import Choice, Event, Visit
from kb.ports.store import LearnedQuestion, LearningVerdict
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.learning import LearnedStore

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)
LONG_AGO = NOW - timedelta(days=84)
WEAK = LearnedQuestion("钱回来", "a", "钱回来？", 0.25, 3, 4, date(2026, 11, 20))
STRONG = LearnedQuestion("退钱", "b", "退钱", 0.5, 5, 9, date(2026, 11, 21))
VERDICT = LearningVerdict("退钱", "b", "退钱", False, "售后负责人", NOW)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "zhida.db")


@pytest.fixture
def store(database: Database) -> LearnedStore:
    return LearnedStore(database)


@pytest.fixture
def log(database: Database) -> EventLog:
    return EventLog(database)


def test_questions_come_back_as_they_were_the_strongest_first(store: LearnedStore) -> None:
    store.save([WEAK, STRONG])
    assert store.open_questions() == [STRONG, WEAK]
    store.save([WEAK])
    assert store.open_questions() == [WEAK]
    store.save([])
    assert store.open_questions() == []


def test_a_verdict_closes_its_question_until_it_is_withdrawn(store: LearnedStore) -> None:
    store.save([WEAK, STRONG])
    store.judge(VERDICT)
    store.save([WEAK, STRONG])
    assert store.open_questions() == [WEAK]
    assert store.verdicts() == [VERDICT]
    store.withdraw("退钱", "b")
    store.withdraw("退钱", "nobody judged this")
    assert store.open_questions() == [STRONG, WEAK]
    assert store.verdicts() == []


def test_the_last_verdict_holds(store: LearnedStore) -> None:
    later = replace(VERDICT, accepted=True, user="另一位", at=NOW + timedelta(hours=1))
    store.judge(VERDICT)
    store.judge(later)
    assert store.verdicts() == [later]


def seen(log: EventLog, agent: str, query: str | None = "钱呢？", kind: str = "pick", **details: Any) -> None:
    log.record(Event(NOW, kind, "a", agent, query, origin=f"10.0.0.{agent}", **details))


def test_choices_are_counted_by_query_article_and_visit(log: EventLog) -> None:
    seen(log, "1", position=1)
    seen(log, "1", "钱呢", position=4, kind="copy")
    seen(log, "1", position=2, kind="open")
    seen(log, "2")
    evidence = log.evidence(LONG_AGO, 2)
    origins = {choice.visit.agent: choice.visit.origin for choice in evidence.choices}
    first = Visit("a", origins["1"], "1", NOW.date())
    assert set(evidence.choices) == {
        Choice("钱呢", "钱呢？", first, 2, 2),
        Choice("钱呢", "钱呢", first, 1, 4),
        Choice("钱呢", "钱呢？", Visit("a", origins["2"], "2", NOW.date()), 1, None),
    }
    assert (evidence.origins, evidence.unhelpful) == (2, frozenset())


def test_what_too_few_have_asked_stays_in_the_log(log: EventLog) -> None:
    for _ in range(9):
        seen(log, "1")
    assert log.evidence(LONG_AGO, 2).choices == ()


def test_views_old_events_and_personal_queries_are_no_choices(log: EventLog) -> None:
    for agent in "123":
        seen(log, agent, kind="view")
        seen(log, agent, "13812345678 的退款")
        seen(log, agent, None)
        seen(log, agent, "？！")
    assert log.evidence(LONG_AGO, 1).choices == ()
    seen(log, "1")
    assert log.evidence(NOW + timedelta(seconds=1), 1).choices == ()


def test_unhelpful_votes_are_told_by_visit(log: EventLog) -> None:
    seen(log, "1", None, "unhelpful")
    seen(log, "1", None, "unhelpful")
    seen(log, "2", None, "helpful")
    (visit,) = log.evidence(LONG_AGO, 1).unhelpful
    assert (visit.article_id, visit.agent, visit.day) == ("a", "1", NOW.date())


def test_addresses_are_told_apart_but_not_written_down(log: EventLog, tmp_path: Path) -> None:
    for _ in range(2):
        log.record(Event(NOW, "view", "a", origin="192.0.2.17"))
    log.record(Event(NOW, "view", "a", origin="192.0.2.18"))
    log.record(Event(NOW, "view", "a"))
    origins = [event.origin for event in log.recent(["view"], LONG_AGO)]
    assert origins[0] == ""
    assert len(set(origins)) == 3
    assert b"192.0.2.1" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_another_database_hashes_the_same_address_otherwise(tmp_path: Path) -> None:
    logs = [EventLog(Database(tmp_path / name)) for name in ("one.db", "other.db")]
    for log in logs:
        log.record(Event(NOW, "view", "a", origin="192.0.2.17"))
    one, other = (log.recent(["view"], LONG_AGO)[0].origin for log in logs)
    assert one != other
