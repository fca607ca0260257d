"""Failed logins, counted by keys that tell nothing about whom; what is old is forgotten on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import sqlite_utils

from kb.store.database import Database, epoch_ms, from_epoch_ms

_NONE = timedelta()


class LoginFailures:
    """Implements ``kb.ports.accounts.LoginFailures``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def attempt(
        self, free: Mapping[str, int], at: datetime, wait: Callable[[int], timedelta], forgotten_after: timedelta
    ) -> timedelta:
        """Count one more try at each key, unless one has to wait; return how long (nothing: it was counted).

        One transaction, so that tries at the same moment can't all be the last free one.
        """
        with self._database.write() as db:
            db.execute("DELETE FROM login_failures WHERE last < ?", [epoch_ms(at - forgotten_after)])
            # tries of a clock that was ahead: nobody waits until that time comes
            db.execute("UPDATE login_failures SET last = ? WHERE last > ?", [epoch_ms(at), epoch_ms(at)])
            left = max((_left(db, key, tries, at, wait) for key, tries in free.items()), default=_NONE)
            if left > _NONE:
                return left
            for key in free:
                db.execute(
                    """INSERT INTO login_failures VALUES (?, 1, ?)
                    ON CONFLICT (key) DO UPDATE SET count = count + 1, last = excluded.last""",
                    [key, epoch_ms(at)],
                )
            return _NONE

    def forget(self, key: str) -> None:
        """Its tries were not in vain."""
        with self._database.write() as db:
            db.execute("DELETE FROM login_failures WHERE key = ?", [key])

    def take_back(self, key: str) -> None:
        """Its latest try was not in vain; earlier ones still count."""
        with self._database.write() as db:
            db.execute("UPDATE login_failures SET count = max(0, count - 1) WHERE key = ?", [key])


def _left(db: sqlite_utils.Database, key: str, free: int, at: datetime, wait: Callable[[int], timedelta]) -> timedelta:
    row = db.execute("SELECT count, last FROM login_failures WHERE key = ?", [key]).fetchone()
    return _NONE if row is None else max(_NONE, from_epoch_ms(row[1]) + wait(row[0] - free) - at)
