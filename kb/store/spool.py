"""What agents do on a search node, on disk until the cluster has it; and the logs that write there.

A row is made where something happens (masked, addresses hashed) and written into the log by the writer, whose tables
are those that everything is counted in. Rows are numbered without gaps for as long as the spool lives, so nothing is
taken over twice and what is missing can be counted.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from kb.errors import StoreError
from kb.ports.sharing import Entry
from kb.store.database import Database, epoch_ms
from kb.store.events import EventLog
from kb.store.gaps import GapLog
from kb.store.query_log import QueryLog
from kb.store.sessions import SessionStore
from kb.store.tokens import TokenStore

#: entries, some 60 MB: what a busy node collects in a day without the cluster
CAPACITY = 200_000


class Spool:
    """Entries in the order in which they came; beyond ``capacity`` new ones are refused."""

    def __init__(self, database: Database, capacity: int = CAPACITY) -> None:
        self._database, self._capacity = database, capacity

    def name(self) -> str:
        """What no other spool is called."""
        with self._database.read() as db:
            return str(db.execute("SELECT name FROM spool_name").fetchone()[0])

    def put(self, kind: str, body: dict[str, Any]) -> None:
        """Add an entry. Raises StoreError when there is no room."""
        with self._database.write() as db:
            if _count(db.execute("SELECT min(number), max(number) FROM spool").fetchone()) >= self._capacity:
                raise StoreError(f"集群长时间收不下使用记录，本机已攒满 {self._capacity} 条，新的不再记录。")
            said = json.dumps(body, ensure_ascii=False)
            db.execute("INSERT INTO spool (kind, body) VALUES (?, ?)", [kind, said])

    def first(self, limit: int) -> tuple[int, tuple[Entry, ...]]:
        """(number of the first, entries) of the oldest ones; ``(0, ())`` when there are none."""
        with self._database.read() as db:
            rows = db.execute("SELECT number, kind, body FROM spool ORDER BY number LIMIT ?", [limit]).fetchall()
        return (rows[0][0] if rows else 0), tuple((kind, json.loads(body)) for _, kind, body in rows)

    def drop(self, last: int) -> None:
        """Forget the entries up to a number."""
        with self._database.write() as db:
            db.execute("DELETE FROM spool WHERE number <= ?", [last])


def _count(ends: tuple[int | None, int | None]) -> int:
    first, last = ends
    return 0 if first is None or last is None else last - first + 1


class SpooledEventLog(EventLog):
    """Writes events into the spool; what it reads is this node's, that is nothing."""

    def __init__(self, database: Database, key: bytes | None, spool: Spool) -> None:
        super().__init__(database, key)
        self._spool = spool

    def take(self, row: dict[str, Any]) -> None:
        """Write down the row that was made of an event."""
        self._spool.put("event", row)


class SpooledQueryLog(QueryLog):
    """The same for searches."""

    def __init__(self, database: Database, spool: Spool) -> None:
        super().__init__(database)
        self._spool = spool

    def take(self, row: dict[str, Any]) -> None:
        """Write down the row that was made of a search."""
        self._spool.put("search", row)

    def settle(self, agent: str) -> None:
        """The agent's latest search is complete."""
        self._spool.put("settle", {"agent": agent})


class SpooledGapLog(GapLog):
    """The same for reports of gaps, which are kept here, too: who reports too many hears it at once."""

    def __init__(self, database: Database, spool: Spool) -> None:
        super().__init__(database)
        self._spool = spool

    def take(self, row: dict[str, Any]) -> None:
        """Write down the row that was made of a report. Raises TooManyReports."""
        with self._database.together():
            super().take(row)
            self._spool.put("gap", row)


class SpooledSessionStore(SessionStore):
    """Tells the writer when sessions were used."""

    def __init__(self, database: Database, spool: Spool) -> None:
        super().__init__(database)
        self._spool = spool

    def touch(self, key: str, seen: datetime) -> None:
        """Note that it was used."""
        super().touch(key, seen)
        self._spool.put("session", {"key": key, "seen": epoch_ms(seen)})


class SpooledTokenStore(TokenStore):
    """Tells the writer when tokens were used."""

    def __init__(self, database: Database, spool: Spool) -> None:
        super().__init__(database)
        self._spool = spool

    def touch(self, key: str, used: datetime) -> None:
        """Note that it was used."""
        super().touch(key, used)
        self._spool.put("token", {"key": key, "last_used": epoch_ms(used)})
