"""Connections, transactions, processes and everything that can be wrong with a database file."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import pytest
import sqlite_utils

import kb
from kb.errors import StoreBusy, StoreCorrupt, StoreError
from kb.ports.events import Event
from kb.store.database import Database, epoch_ms, from_epoch_ms
from kb.store.events import EventLog
from kb.store.migrations import MIGRATIONS, migrate

SINCE = datetime(2026, 11, 1, tzinfo=timezone.utc)
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)

# Waits for a line before it starts, so that several processes start together.
WRITER = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from kb.ports.events import Event
from kb.store.database import Database
from kb.store.events import EventLog

print("ready", flush=True)
sys.stdin.readline()
log = EventLog(Database(Path(sys.argv[1])))
for _ in range(100):
    log.record(Event(datetime(2026, 11, 21, tzinfo=timezone.utc), "copy", sys.argv[2]))
"""

# Stops in the middle of a transaction that is too big for SQLite's cache, so that it has reached the disk.
INTERRUPTED = """
import sys
from pathlib import Path
from kb.store.database import Database

with Database(Path(sys.argv[1])).write() as db:
    db.execute("PRAGMA cache_size = 10")
    row = {"at": 1, "kind": "copy", "article_id": "half", "agent": "", "stale": 0, "note": "x" * 1000}
    db.table("events").insert_all([row] * 2000)
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "zhida.db"


@pytest.fixture
def database(path: Path) -> Database:
    return Database(path)


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(kb.__file__).parents[1],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def copies(database: Database) -> dict[str, int]:
    return {article_id: counts["copy"] for article_id, counts in EventLog(database).totals(SINCE).items()}


def record_copies(database: Database, article_id: str, count: int) -> None:
    for _ in range(count):
        EventLog(database).record(Event(NOW, "copy", article_id))


def test_the_folder_is_made_for_its_owner_only(database: Database) -> None:
    assert stat.S_IMODE(database.path.parent.stat().st_mode) == 0o700


def test_the_file_is_in_wal_mode_with_foreign_keys_and_a_bounded_wait(database: Database) -> None:
    with database.read() as db:
        settings = [
            db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        ]

    assert settings == ["wal", 1, 1, 5000]


def test_an_exception_in_a_transaction_rolls_it_back(database: Database) -> None:
    def delete_and_fail() -> None:
        with database.write() as db:
            db.execute("DELETE FROM events")
            raise KeyError

    record_copies(database, "a", 1)
    with pytest.raises(KeyError):
        delete_and_fail()

    record_copies(database, "a", 1)
    assert copies(database) == {"a": 2}


def test_threads_write_at_the_same_time_and_lose_nothing(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        for result in [pool.submit(record_copies, database, f"article-{n}", 50) for n in range(8)]:
            result.result()

    assert copies(database) == {f"article-{n}": 50 for n in range(8)}


def test_a_reader_sees_the_state_before_an_open_transaction(database: Database) -> None:
    record_copies(database, "a", 1)
    seen: list[dict[str, int]] = []
    with database.write() as db:
        db.execute("DELETE FROM events")
        reader = threading.Thread(target=lambda: seen.append(copies(database)))
        reader.start()
        reader.join()

    assert seen == [{"a": 1}]
    assert copies(database) == {}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files through /proc")
def test_the_connection_of_a_finished_thread_is_closed(database: Database) -> None:
    def open_files() -> int:
        links = (os.path.realpath(link) for link in Path("/proc/self/fd").iterdir())
        return sum(link == str(database.path) for link in links)

    before = open_files()
    for _ in range(20):
        thread = threading.Thread(target=copies, args=(database,))
        thread.start()
        thread.join()

    assert open_files() <= before + 1


def test_processes_that_start_together_all_succeed(path: Path) -> None:
    writers = [start(WRITER, path, f"article-{n}") for n in range(4)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        with writer:
            writer.communicate()
        assert writer.returncode == 0

    assert copies(Database(path)) == {f"article-{n}": 100 for n in range(4)}


def test_a_writer_killed_in_a_transaction_leaves_nothing_half_written(path: Path) -> None:
    record_copies(Database(path), "whole", 3)
    with start(INTERRUPTED, path) as writer:
        assert path.with_name("zhida.db-wal").stat().st_size > 1_000_000
        writer.send_signal(signal.SIGKILL)

    database = Database(path)
    database.check()
    record_copies(database, "whole", 1)
    with database.read() as db:
        assert [row["article_id"] for row in db.table("events").rows] == ["whole"] * 4


def test_a_file_that_is_no_database_is_named_with_the_way_out(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("id,title\n" * 1000)

    with pytest.raises(StoreCorrupt, match=r"zhida\.db 不是数据库文件.*换回备份"):
        Database(path)


def test_damaged_pages_are_found_by_the_check(database: Database) -> None:
    record_copies(database, "a", 500)
    database.close()
    content = bytearray(database.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    database.path.write_bytes(content)

    with pytest.raises(StoreCorrupt, match=r"已损坏.*换回备份"):
        Database(database.path).check()


def test_a_sound_file_passes_the_check(database: Database) -> None:
    database.check()


def test_a_lock_that_is_held_too_long_is_named(database: Database) -> None:
    other = Database(database.path)
    with other.write(), database.read() as db:
        db.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(StoreBusy, match="被其他进程占用"):
            record_copies(database, "a", 1)


def test_a_full_disk_is_named_and_what_was_written_stays(database: Database) -> None:
    record_copies(database, "a", 1)
    with database.read() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreError, match="磁盘已满"):
        EventLog(database).record(Event(NOW, "outdated", "a", note="数字过期。" * 10_000))

    assert copies(database) == {"a": 1}


def test_a_read_only_database_is_named(database: Database) -> None:
    with database.read() as db:
        db.execute("PRAGMA query_only = ON")

    with pytest.raises(StoreError, match="只读"):
        record_copies(database, "a", 1)


@pytest.mark.parametrize(
    ("change", "use"),
    [
        ("ALTER TABLE events RENAME COLUMN kind TO sort", copies),
        ("ALTER TABLE events RENAME TO occurrences", copies),
        ("ALTER TABLE events DROP COLUMN note", lambda database: record_copies(database, "a", 1)),
    ],
)
def test_a_schema_of_another_time_is_named_with_the_way_out(
    database: Database, change: str, use: Callable[[Database], object]
) -> None:
    with database.read() as db:
        db.execute(change)

    with pytest.raises(StoreError, match=r"zhida\.db 的表结构.*移走.*kb index"):
        use(database)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file in its place")

    with pytest.raises(StoreError, match=r"建不了数据目录.*KB_DATA"):
        Database(tmp_path / "var" / "zhida.db")


def restore(source: Path, target: Path) -> None:
    """Put a database file in place the way an administrator does: nothing of the old one stays."""
    for leftover in target.parent.glob(f"{target.name}-*"):
        leftover.unlink()
    os.replace(source, target)


def move_away(database: Database) -> Path:
    """The file and its helpers in another folder."""
    folder = database.path.parent.with_name("elsewhere")
    folder.mkdir()
    for path in database.path.parent.glob(f"{database.path.name}*"):
        path.rename(folder / path.name)
    return folder / database.path.name


def test_a_file_that_is_gone_is_named_and_neither_written_nor_made_again(database: Database) -> None:
    record_copies(database, "a", 1)
    moved = move_away(database)

    for use in (copies, lambda database: record_copies(database, "a", 1)):
        with pytest.raises(StoreError, match=r"zhida\.db 不见了.*放回.*kb index"):
            use(database)

    assert list(database.path.parent.iterdir()) == []
    assert copies(Database(moved)) == {"a": 1}


def test_a_file_that_is_put_back_is_used_again_by_every_thread(database: Database) -> None:
    record_copies(database, "a", 1)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(copies, database).result() == {"a": 1}
        moved = move_away(database)
        with pytest.raises(StoreError):
            copies(database)
        for path in moved.parent.iterdir():
            path.rename(database.path.parent / path.name)
        record_copies(database, "a", 1)
        assert other.submit(copies, database).result() == {"a": 2}


def test_a_file_that_takes_its_place_is_read_and_written(database: Database, tmp_path: Path) -> None:
    record_copies(database, "old", 1)
    backup = Database(tmp_path / "backup.db")
    record_copies(backup, "restored", 3)
    backup.close()
    restore(backup.path, database.path)

    assert copies(database) == {"restored": 3}
    record_copies(database, "restored", 1)
    assert copies(Database(database.path)) == {"restored": 4}


def test_a_file_of_an_earlier_schema_that_takes_its_place_grows(database: Database, tmp_path: Path) -> None:
    with sqlite_utils.Database(tmp_path / "backup.db") as backup:
        backup.conn.isolation_level = None
        migrate(backup, MIGRATIONS[:2])
    backup.close()
    restore(tmp_path / "backup.db", database.path)

    record_copies(database, "a", 1)
    assert copies(database) == {"a": 1}


@pytest.mark.parametrize("at_rest", [True, False])
def test_a_file_that_is_cut_to_nothing_is_damage_and_not_a_new_database(database: Database, at_rest: bool) -> None:
    record_copies(database, "a", 1)
    if at_rest:
        database.close()
        database = Database(database.path)
        assert copies(database) == {"a": 1}
    os.truncate(database.path, 0)

    for use in (copies, lambda database: record_copies(database, "a", 1)):
        with pytest.raises(StoreCorrupt, match="换回备份"):
            use(database)

    assert database.path.stat().st_size == 0


def test_a_new_start_over_an_empty_file_makes_a_database(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    record_copies(Database(path), "a", 1)
    assert copies(Database(path)) == {"a": 1}


def test_moments_are_kept_to_the_millisecond() -> None:
    moment = NOW.replace(microsecond=123_000)

    assert from_epoch_ms(epoch_ms(moment)) == moment
