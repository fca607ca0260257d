"""Usage records are written in order and never make anybody wait; what is lost is counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import pytest

from kb.errors import StoreError
from kb.ports.events import Event
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.log_writer import LogWriter

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)


@pytest.fixture
def writer() -> Iterator[LogWriter]:
    """A writer that holds three records and whose thread runs."""
    writer = LogWriter(capacity=3)
    writer.start()
    yield writer
    writer.stop()


@pytest.fixture
def blocked(writer: LogWriter) -> Iterator[threading.Event]:
    """Set, it lets the thread go on, which is busy with a record until then."""
    busy, free = threading.Event(), threading.Event()

    def block() -> None:
        busy.set()
        free.wait()

    writer.put(block)
    busy.wait()
    yield free
    free.set()


def refuse() -> None:
    raise StoreError("数据库只读。")


def test_before_the_start_a_record_is_written_at_once() -> None:
    done: list[int] = []
    LogWriter().put(partial(done.append, 1))
    assert done == [1]


def test_records_are_written_in_order_and_before_the_end(writer: LogWriter, blocked: threading.Event) -> None:
    done: list[int] = []
    for number in range(3):
        writer.put(partial(done.append, number))
    assert done == []
    blocked.set()
    writer.stop()
    assert done == [0, 1, 2]
    assert writer.lost == 0


def test_what_does_not_fit_is_lost_and_counted(writer: LogWriter, blocked: threading.Event) -> None:
    done: list[int] = []
    for number in range(5):
        writer.put(partial(done.append, number))
    assert writer.lost == 2
    blocked.set()
    writer.stop()
    assert done == [0, 1, 2]


@pytest.mark.parametrize("running", [False, True])
def test_a_record_that_fails_is_counted_said_once_and_ends_nothing(
    running: bool, caplog: pytest.LogCaptureFixture
) -> None:
    writer, done = LogWriter(), list[int]()
    if running:
        writer.start()
    for write in (refuse, partial(int, "no number"), refuse, partial(done.append, 1), refuse):
        writer.put(write)
    writer.stop()
    assert (writer.lost, done) == (4, [1])
    assert caplog.text.count("数据库只读") == 2  # at the beginning, and again after one had been written


def test_a_stop_does_not_wait_for_ever(
    writer: LogWriter, blocked: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        writer.put(refuse)
    writer.stop()
    assert "3 条使用记录没有来得及写入" in caplog.text


def test_a_locked_database_delays_records_and_not_those_who_bring_them(writer: LogWriter, tmp_path: Path) -> None:
    database = Database(tmp_path / "zhida.db")
    events = EventLog(database)
    with Database(tmp_path / "zhida.db").write():
        writer.put(partial(events.record, Event(NOW, "copy", "a")))
        assert events.totals(NOW) == {}
    writer.stop()
    assert events.totals(NOW) == {"a": {"copy": 1}}


def test_what_comes_within_a_moment_is_one_transaction(tmp_path: Path) -> None:
    database, begun = Database(tmp_path / "zhida.db"), list[str]()
    events = EventLog(database)

    def together() -> AbstractContextManager[None]:
        begun.append("transaction")
        return database.together()

    writer = LogWriter(together)
    writer.start()
    for _ in range(100):
        writer.put(partial(events.record, Event(NOW, "copy", "a")))
    writer.stop()
    assert (events.totals(NOW), writer.lost) == ({"a": {"copy": 100}}, 0)
    assert len(begun) < 10


def test_a_record_that_fails_costs_no_other_and_none_is_written_twice(tmp_path: Path) -> None:
    database = Database(tmp_path / "zhida.db")
    events, writer = EventLog(database), LogWriter(database.together)
    writer.start()
    for article_id in "abc":
        writer.put(partial(events.record, Event(NOW, "copy", article_id)))
        writer.put(refuse)
    writer.stop()
    assert (events.totals(NOW), writer.lost) == ({i: {"copy": 1} for i in "abc"}, 3)


def test_what_is_written_together_is_written_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    database = Database(tmp_path / "zhida.db")
    events = EventLog(database)

    def fail_halfway() -> None:
        with database.together():
            events.record(Event(NOW, "copy", "a"))
            refuse()

    with pytest.raises(StoreError):
        fail_halfway()
    assert events.totals(NOW) == {}
    events.record(Event(NOW, "copy", "a"))
    assert events.totals(NOW) == {"a": {"copy": 1}}, "and the next one is a transaction of its own"
