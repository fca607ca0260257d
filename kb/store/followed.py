"""How far the copy of a search node is, in one transaction with the copy; what of it has no table elsewhere."""

from __future__ import annotations

import json
from typing import Any

from kb.store.database import Database


class Followed:
    """Implements ``kb.sharing.following.Position``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self) -> tuple[str, int]:
        """(origin, version) of what was taken over last; ``("", 0)`` before the first time."""
        with self._database.read() as db:
            row = db.execute("SELECT origin, version FROM followed").fetchone()
        return ("", 0) if row is None else (str(row[0]), int(row[1]))

    def move(self, origin: str, version: int) -> None:
        """Remember what was taken over."""
        with self._database.write() as db:
            db.execute("DELETE FROM followed")
            db.execute("INSERT INTO followed VALUES (?, ?)", [origin, version])

    def save_model(self, fingerprint: str) -> None:
        """Keep of which model the writer makes vectors; "": of none."""
        with self._database.write() as db:
            db.execute("DELETE FROM followed_model")
            db.execute("INSERT INTO followed_model VALUES (?)", [fingerprint])

    def model(self) -> str:
        """What was kept last; "" before the first time."""
        with self._database.read() as db:
            row = db.execute("SELECT fingerprint FROM followed_model").fetchone()
        return "" if row is None else str(row[0])

    def save_habits(self, habits: Any) -> None:
        """Keep how often articles were used and queries asked, as ``Activity.habits`` tells it."""
        with self._database.write() as db:
            db.execute("DELETE FROM followed_habits")
            db.execute("INSERT INTO followed_habits VALUES (?)", [json.dumps(habits, ensure_ascii=False)])

    def habits(self) -> tuple[dict[str, int], list[tuple[str, int]]]:
        """What was kept last; nothing before the first time."""
        with self._database.read() as db:
            row = db.execute("SELECT habits FROM followed_habits").fetchone()
        use, queries = json.loads(row[0]) if row else ({}, [])
        return use, [(query, times) for query, times in queries]
