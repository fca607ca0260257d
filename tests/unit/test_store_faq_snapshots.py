"""The latest FAQ rankings are remembered, older ones forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kb.ports.store import FaqSnapshot
from kb.store.database import Database
from kb.store.faq_snapshots import KEPT, FaqSnapshots

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "zhida.db")


def test_before_the_first_snapshot_there_is_none(database: Database) -> None:
    assert FaqSnapshots(database).latest() is None


def test_the_last_snapshot_saved_comes_back(database: Database) -> None:
    snapshots = FaqSnapshots(database)
    latest = FaqSnapshot(NOW, (("b", 7.25), ("a", 0.0), ("c", -2.0)))
    snapshots.save(FaqSnapshot(NOW + timedelta(days=1), ()))  # the clock was wrong
    snapshots.save(latest)

    assert snapshots.latest() == latest


def test_only_the_last_few_are_kept(database: Database) -> None:
    snapshots = FaqSnapshots(database)
    for hour in range(KEPT + 3):
        snapshots.save(FaqSnapshot(NOW + timedelta(hours=hour), (("a", float(hour)),)))

    with database.read() as db:
        assert db.table("faq_snapshots").count == KEPT
    latest = snapshots.latest()
    assert latest is not None
    assert latest.ranking == (("a", float(KEPT + 2)),)
