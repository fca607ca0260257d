"""Events are counted per article, kind and day; what customers wrote is masked."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from kb.errors import QueryError
from kb.ports.events import EVENT_KINDS, DailyCount, Event
from kb.store.database import Database
from kb.store.events import EventLog

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(Database(tmp_path / "zhida.db"))


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_kind_is_recorded_with_all_its_details(log: EventLog, kind: str) -> None:
    event = Event(NOW, kind, "a", "s1", "退款", position=2, ms=830.5, stale=True, note="金额过期")

    log.record(event)

    assert log.recent([kind], NOW) == [event]


def test_an_unknown_kind_is_refused_with_the_known_ones(log: EventLog) -> None:
    with pytest.raises(QueryError, match=r"没有“share”这种事件.*view、copy"):
        log.record(Event(NOW, "share", "a"))

    assert log.totals(NOW - timedelta(days=1)) == {}


def test_queries_and_notes_are_masked(log: EventLog) -> None:
    log.record(Event(NOW, "unhelpful", "a", query="13812345678", note="客户邮箱 a@example.com 收不到"))

    (event,) = log.recent(["unhelpful"], NOW)

    assert (event.query, event.note) == ("[手机号]", "客户邮箱 [邮箱] 收不到")


def test_totals_count_per_article_and_kind_since_a_moment(log: EventLog) -> None:
    for kind, article_id, hours in [("view", "a", 0), ("copy", "a", 0), ("copy", "a", 1), ("copy", "b", 48)]:
        log.record(Event(NOW - timedelta(hours=hours), kind, article_id))

    assert log.totals(NOW - timedelta(hours=1)) == {"a": {"view": 1, "copy": 2}}
    assert log.totals(NOW - timedelta(hours=48))["b"] == {"copy": 1}


def test_uses_count_some_kinds_together(log: EventLog) -> None:
    for kind, article_id, hours in [
        ("view", "a", 0),
        ("copy", "a", 1),
        ("pick", "a", 0),
        ("copy", "b", 48),
        ("open", "c", 0),
    ]:
        log.record(Event(NOW - timedelta(hours=hours), kind, article_id))

    assert log.uses(("view", "copy"), NOW - timedelta(hours=1)) == {"a": 2}
    assert log.uses(("view", "copy"), NOW - timedelta(hours=48)) == {"a": 2, "b": 1}
    assert log.uses(("view", "copy"), NOW - timedelta(hours=48), NOW) == {"a": 1, "b": 1}
    assert log.uses((), NOW - timedelta(hours=48)) == {}


def test_daily_counts_change_day_at_midnight_utc(log: EventLog) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=timezone.utc)
    for seconds in (-1, 0, 1):
        log.record(Event(midnight + timedelta(seconds=seconds), "copy", "a"))

    assert sorted(log.daily(midnight - timedelta(days=1)), key=lambda use: use.day) == [
        DailyCount("a", "copy", date(2026, 11, 20), 1),
        DailyCount("a", "copy", date(2026, 11, 21), 2),
    ]


def test_what_is_counted_ends_before_the_last_moment(log: EventLog) -> None:
    for hours, kind, stale in ((0, "copy", True), (1, "copy", False), (2, "copy", True), (2, "view", True)):
        log.record(Event(NOW + timedelta(hours=hours), kind, "a", stale=stale))
    later = NOW + timedelta(hours=2)

    assert log.totals(NOW, later) == {"a": {"copy": 2}}
    assert [use.count for use in log.daily(NOW, later)] == [2]
    assert [use.kind for use in log.daily(NOW, kinds=["view"])] == ["view"]
    assert log.stale_copies(NOW, later) == {"a": 1}
    assert log.stale_copies(NOW, later + timedelta(hours=1)) == {"a": 2}


def test_recent_events_come_latest_first_and_only_of_the_kinds_asked_for(log: EventLog) -> None:
    for minutes, kind in enumerate(["outdated", "view", "unhelpful", "outdated"]):
        log.record(Event(NOW + timedelta(minutes=minutes), kind, f"a{minutes}"))

    recent = log.recent(["outdated", "unhelpful"], NOW + timedelta(minutes=1))

    assert [event.article_id for event in recent] == ["a3", "a2"]


def test_old_events_are_purged(log: EventLog) -> None:
    for days in (0, 100):
        log.record(Event(NOW - timedelta(days=days), "copy", f"{days} days old"))

    assert log.purge(NOW - timedelta(days=90)) == 1
    assert [event.article_id for event in log.recent(["copy"], NOW - timedelta(days=365))] == ["0 days old"]
