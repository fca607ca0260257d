"""Sessions of people who are logged in."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from kb.ports.accounts import Account, Session
from kb.store.accounts import account_of
from kb.store.database import Database, epoch_ms, from_epoch_ms


class SessionStore:
    """Implements ``kb.ports.accounts.SessionStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session: Session) -> None:
        """Keep a new one."""
        row = asdict(session) | {"created": epoch_ms(session.created), "seen": epoch_ms(session.seen)}
        with self._database.write() as db:
            db.table("sessions").insert(row)

    def get(self, key: str) -> tuple[Session, Account] | None:
        """The session and whose it is; None when it was ended or the account is disabled."""
        with self._database.read() as db:
            session = next(db.table("sessions").rows_where("key = ?", [key]), None)
            if session is None:
                return None
            user = next(db.table("users").rows_where("name = ? AND NOT disabled", [session["account"]]), None)
        return None if user is None else (_session(session), account_of(user))

    def touch(self, key: str, seen: datetime) -> None:
        """Note that it was used."""
        with self._database.write() as db:
            db.execute("UPDATE sessions SET seen = ? WHERE key = ?", [epoch_ms(seen), key])

    def of(self, account: str) -> list[Session]:
        """The sessions of an account, the one used last first."""
        with self._database.read() as db:
            rows = db.table("sessions").rows_where("account = ?", [account], order_by="seen DESC, key")
            return [_session(row) for row in rows]

    def end(self, key: str) -> None:
        """Forget it; without one, nothing happens."""
        with self._database.write() as db:
            db.execute("DELETE FROM sessions WHERE key = ?", [key])

    def end_all(self, account: str, but: str | None = None) -> int:
        """Forget the sessions of an account except ``but``; return how many that was."""
        with self._database.write() as db:
            return db.execute("DELETE FROM sessions WHERE account = ? AND key IS NOT ?", [account, but]).rowcount

    def purge(self, created_before: datetime, seen_before: datetime) -> None:
        """Forget those that are older or were not used since."""
        moments = [epoch_ms(created_before), epoch_ms(seen_before)]
        with self._database.write() as db:
            db.execute("DELETE FROM sessions WHERE created < ? OR seen < ?", moments)


def _session(row: dict[str, Any]) -> Session:
    return Session(**row | {"created": from_epoch_ms(row["created"]), "seen": from_epoch_ms(row["seen"])})
