"""What search nodes have written down, taken over into the log of the writer: each entry once, in order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kb.errors import TooManyReports
from kb.ports.sharing import Delivery
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.gaps import GapLog
from kb.store.query_log import QueryLog


class Deliveries:
    """Implements ``kb.sharing.draining.Log``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        queries = QueryLog(database)
        self._take: dict[str, Callable[[dict[str, Any]], None]] = {
            "event": EventLog(database).take,
            "search": queries.take,
            "settle": lambda body: queries.settle(body["agent"]),
            "gap": self._take_gap,
            "session": self._touch_session,
            "token": self._touch_token,
        }
        self._gaps = GapLog(database)

    def take(self, delivery: Delivery) -> int:
        """Write down what was not yet, in one transaction with how far that is; return how many are missing before.

        Raises StoreError; then nothing was.
        """
        with self._database.together():
            known = self._position(delivery.spool)
            position = delivery.first - 1 if known is None else known
            for number, (kind, body) in enumerate(delivery.entries, start=delivery.first):
                if number > position:
                    self._take[kind](dict(body))
            self._move(delivery.spool, max(position, delivery.last))
        return max(0, delivery.first - 1 - position)

    def _position(self, spool: str) -> int | None:
        with self._database.read() as db:
            row = db.execute("SELECT number FROM drained WHERE spool = ?", [spool]).fetchone()
        return None if row is None else int(row[0])

    def _move(self, spool: str, number: int) -> None:
        with self._database.write() as db:
            db.execute("INSERT OR REPLACE INTO drained VALUES (?, ?)", [spool, number])

    def _take_gap(self, row: dict[str, Any]) -> None:
        with suppress(TooManyReports):  # of all nodes together; who reported was thanked by one of them
            self._gaps.take(row)

    def _touch_session(self, body: dict[str, Any]) -> None:
        with self._database.write() as db:
            db.execute("UPDATE sessions SET seen = max(seen, ?) WHERE key = ?", [body["seen"], body["key"]])

    def _touch_token(self, body: dict[str, Any]) -> None:
        with self._database.write() as db:
            db.execute(
                "UPDATE tokens SET last_used = max(coalesce(last_used, 0), ?) WHERE key = ?",
                [body["last_used"], body["key"]],
            )
