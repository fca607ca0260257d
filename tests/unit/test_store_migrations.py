"""The schema grows step by step from any earlier one, all or nothing."""

from __future__ import annotations

import zlib
from datetime import datetime, timezone
from pathlib import Path

import pytest
import sqlite_utils

from kb.errors import StoreError
from kb.ports.events import Event
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.followed import Followed
from kb.store.migrations import MIGRATIONS, Migration, migrate, schema_number

NEWEST = MIGRATIONS[-1].number

#: CRC-32 of the SQL of every step there is; a new step adds a line, no line ever changes
FROZEN = {
    1: 3840457709,
    2: 1536159531,
    3: 1159792825,
    4: 1297440297,
    5: 1675546452,
    6: 4094983158,
    7: 742816483,
    8: 1556095226,
    9: 297228451,
    10: 2816744551,
    11: 249987753,
    12: 384498137,
    13: 3325053838,
    14: 1173293396,
    15: 2370577107,
    16: 1755217848,
    17: 3470557417,
    18: 252684912,
    19: 1479239151,
}


def empty(path: Path) -> sqlite_utils.Database:
    db = sqlite_utils.Database(path)
    db.conn.isolation_level = None
    return db


def test_numbers_count_up_without_gaps() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, NEWEST + 1))


def test_a_step_that_exists_never_changes() -> None:
    """Databases in use have run it: an edit would reach new ones only."""
    assert {migration.number: zlib.crc32(migration.sql.encode()) for migration in MIGRATIONS} == FROZEN


@pytest.mark.parametrize("number", range(NEWEST + 1))
def test_every_earlier_schema_grows_into_the_newest(tmp_path: Path, number: int) -> None:
    with empty(tmp_path / "fresh.db") as fresh, empty(tmp_path / "grown.db") as grown:
        migrate(fresh)
        if number:
            migrate(grown, MIGRATIONS[:number])
        assert schema_number(grown) == number

        migrate(grown)

        assert schema_number(grown) == NEWEST
        assert grown.schema == fresh.schema


def test_data_survives_the_growth(tmp_path: Path) -> None:
    path = tmp_path / "zhida.db"
    event = Event(datetime(2026, 11, 21, tzinfo=timezone.utc), "copy", "a")
    database = Database(path)
    EventLog(database).record(event)
    database.close()

    with empty(path) as db:
        migrate(db, [*MIGRATIONS, Migration(NEWEST + 1, "later", "ALTER TABLE events ADD COLUMN later TEXT")])
        kept = list(db.table("events").rows)

    assert [(row["article_id"], row["later"]) for row in kept] == [("a", None)]


def test_a_copy_from_before_models_were_published_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "zhida.db"
    with empty(path) as db:
        migrate(db, MIGRATIONS[:18])
        db.execute("INSERT INTO followed VALUES ('origin', 7)")
    followed = Followed(Database(path))
    assert followed.get() == ("", 0)
    assert followed.model() == ""


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    with empty(tmp_path / "zhida.db") as db:
        migrate(db)
        before = list(db.table("migrations").rows)
        migrate(db)

        assert list(db.table("migrations").rows) == before


def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = Migration(2, "broken", "CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1);")
    with empty(tmp_path / "zhida.db") as db:
        with pytest.raises(Exception, match="nowhere"):
            migrate(db, [MIGRATIONS[0], broken])

        assert schema_number(db) == 1
        assert not db.table("half").exists()


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "zhida.db"
    with empty(path) as db:
        migrate(db, [*MIGRATIONS, Migration(NEWEST + 1, "from the future", "CREATE TABLE future (id INTEGER)")])

    with pytest.raises(StoreError, match=f"结构 {NEWEST + 1}.*请升级程序"):
        Database(path)
