"""The one SQLite file: connections, transactions, and SQLite's errors turned into ours.

The file is made at the start only. When it is moved away, replaced or cut short later, connections to what it was
are given up: nothing is written into a file that nobody will find, and one that is put back is used by itself.
On a full disk or a read-only one, what was written is still read.

WAL lets readers read while one connection writes. Every thread has its own connection; writers queue for
up to five seconds. A transaction starts with the write lock (BEGIN IMMEDIATE), because a lock that is asked
for later can't be waited for.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

import sqlite_utils

from kb.errors import StoreBusy, StoreCorrupt, StoreError
from kb.store.migrations import migrate, schema_number

#: seconds
BUSY_TIMEOUT = 5.0
_CACHE_KB = 256
_WAL_ATTEMPTS = 10

_MEND = (
    "请停止服务，换回备份的数据库文件；没有备份时，把这个文件连同 -wal、-shm 移走，"
    "再运行 kb index 重建（知识条目不受影响，用户、统计和审核记录会丢失）。"
)
_GONE = (
    "数据库文件 {path} 不见了。请把它或备份放回原处，服务会自动接着用；没有备份时运行 kb index 新建"
    "（知识条目不受影响，用户和统计会丢失）。"
)
_EMPTY = f"数据库文件 {{path}} 是空的。{_MEND}"
_OTHER_SCHEMA = (
    "数据库 {path} 的表结构本版本读不了，可能由开发中的版本写成。请停止服务，把这个文件连同 -wal、-shm 移走，"
    "再运行 kb index 重建（知识条目不受影响，用户和统计会丢失）。"
)
# What SQLite says (its error codes are not available before Python 3.11) -> what we say.
_ERRORS: tuple[tuple[str, type[StoreError], str], ...] = (
    ("Could not decode", StoreCorrupt, f"数据库文件 {{path}} 已损坏。{_MEND}"),
    ("malformed", StoreCorrupt, f"数据库文件 {{path}} 已损坏。{_MEND}"),
    ("not a database", StoreCorrupt, f"{{path}} 不是数据库文件，或文件头已损坏。{_MEND}"),
    (
        "is locked",
        StoreBusy,
        "数据库 {path} 一直被其他进程占用。请稍后重试；若总是如此，请检查是否有卡住的 kb 进程。",
    ),
    ("is full", StoreError, "磁盘已满，数据没有写入 {path}。请清理磁盘后重试。"),
    (
        "readonly",
        StoreError,
        "数据库 {path} 目前只读，数据没有写入。请检查磁盘剩余空间、文件和所在目录的写权限。",
    ),
    ("unable to open", StoreError, "打不开数据库 {path}。请检查目录是否存在、是否有读写权限。"),
    ("no such column", StoreError, _OTHER_SCHEMA),
    ("no such table", StoreError, _OTHER_SCHEMA),
    ("has no column", StoreError, _OTHER_SCHEMA),
    ("disk I/O error", StoreError, "读写数据库 {path} 时磁盘出错。请检查磁盘及其剩余空间。"),
)


class Database:
    """``path`` opened for this process, brought up to the current schema; the folder is made when missing.

    Raises StoreError when it can't be opened, is damaged or was written by a newer version of the program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._open: weakref.WeakSet[sqlite_utils.Database] = weakref.WeakSet()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"建不了数据目录 {path.parent}：{error.strerror}。请检查 KB_DATA 和目录权限。") from error
        with self._our_errors():
            try:
                self._opened("rwc")
            except sqlite3.OperationalError as unwritable:
                try:
                    self._connection()
                except StoreError:  # there is nothing to be read either
                    raise unwritable from None

    @contextmanager
    def read(self) -> Iterator[sqlite_utils.Database]:
        """This thread's connection to the file as it is now, for statements that stand alone."""
        with self._our_errors():
            yield self._connection()

    @contextmanager
    def write(self) -> Iterator[sqlite_utils.Database]:
        """A transaction: committed at the end of the block, rolled back on any exception. Never nested but in
        ``together``, of which it is a part then.
        """
        with self.read() as db:
            if getattr(self._local, "together", None) is db:
                yield db
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.commit()
            except BaseException:
                db.rollback()
                raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction for all that this thread writes in the block. On any exception nothing of it was written."""
        with self.write() as db:
            self._local.together = db
            try:
                yield
            finally:
                self._local.together = None

    def check(self) -> None:
        """Read the whole file; raise StoreCorrupt with what was found when it is damaged."""
        with self.read() as db:
            findings = [row[0] for row in db.execute("PRAGMA quick_check")]
        if findings != ["ok"]:
            raise StoreCorrupt(f"数据库文件 {self.path} 已损坏（{findings[0]}）。{_MEND}")

    def close(self) -> None:
        """Close the connections of all threads; the database is not used afterwards."""
        for db in list(self._open):
            db.close()

    def _connection(self) -> sqlite_utils.Database:
        """This thread's connection; a new one when the file is another one by now, or shorter."""
        now = self._stat()
        before: os.stat_result | None = getattr(self._local, "file", None)
        if before is None or not os.path.samestat(before, now) or now.st_size < before.st_size:
            self._local.__dict__.clear()
            try:
                self._local.db = self._opened("rw")
            except sqlite3.OperationalError as error:
                if not self._is_at_rest(error):
                    raise
                return self._opened("ro&immutable=1")  # not kept: the next call may find that writing works again
        self._local.file = now
        db: sqlite_utils.Database = self._local.db
        return db

    def _is_at_rest(self, error: sqlite3.OperationalError) -> bool:
        """Whether all is in the file itself, while SQLite failed to make the files that it keeps beside it."""
        log = self.path.with_name(f"{self.path.name}-wal")
        failed = any(said in str(error) for said in ("unable to open", "disk I/O error", "readonly", "is full"))
        return failed and not (log.exists() and log.stat().st_size)

    def _stat(self) -> os.stat_result:
        """The file that is there now. Raises StoreError when there is none, StoreCorrupt when it was emptied."""
        try:
            now = os.stat(self.path)
        except FileNotFoundError:
            self._local.__dict__.clear()
            raise StoreError(_GONE.format(path=self.path)) from None
        except OSError as error:
            raise StoreError(f"打不开数据库 {self.path}：{error.strerror}。请检查目录权限和磁盘。") from error
        if now.st_size == 0:  # SQLite would take it for a new database
            raise StoreCorrupt(_EMPTY.format(path=self.path))
        return now

    def _opened(self, mode: str) -> sqlite_utils.Database:
        """A new connection, the schema brought up to date. ``mode`` as in SQLite's URIs; ``rwc`` makes the file."""
        connection = _connect(self.path, mode)
        db = sqlite_utils.Database(connection, execute_plugins=False)
        weakref.finalize(db, connection.close)  # at the latest when the thread ends
        if mode != "rwc" and not schema_number(db):
            raise StoreCorrupt(_EMPTY.format(path=self.path))
        migrate(db)
        self._open.add(db)
        return db

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            for said, kind, message in _ERRORS:
                if said in str(error):
                    raise kind(message.format(path=self.path)) from error
            raise StoreError(f"数据库 {self.path} 操作失败：{error}") from error


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open without implicit transactions; any thread may close it, only its own one uses it."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_TIMEOUT,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _enable_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        connection.create_function("crc32", 1, zlib.crc32, deterministic=True)  # of a BLOB
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _enable_wal(connection: sqlite3.Connection) -> None:
    """Processes that make the file at the same moment don't wait for each other here: SQLite refuses one."""
    for _ in range(_WAL_ATTEMPTS):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
            return
        connection.execute("BEGIN IMMEDIATE")  # this waits until the other one is through
        connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")


def epoch_ms(moment: datetime) -> int:
    """How moments are stored: milliseconds since 1970-01-01 UTC."""
    return round(moment.timestamp() * 1000)


def from_epoch_ms(ms: int) -> datetime:
    """The moment in UTC."""
    return datetime.fromtimestamp(ms / 1000, timezone.utc)
