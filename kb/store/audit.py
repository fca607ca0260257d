"""The audit log: a table to which entries can only be added (triggers refuse all else)."""

from __future__ import annotations

import json
from typing import Any

from kb.model import Via
from kb.ports.accounts import AuditEntry, AuditFilter
from kb.store.accounts import stored_moment
from kb.store.database import Database, epoch_ms, from_epoch_ms


class AuditLog:
    """Implements ``kb.ports.accounts.AuditLog``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entry: AuditEntry) -> None:
        """Write it down."""
        with self._database.write() as db:
            add_entry(db, entry)

    def entries(self, wanted: AuditFilter, limit: int | None = None, offset: int = 0) -> list[AuditEntry]:
        """The entries wanted, latest first."""
        conditions = {
            "at >= ?": stored_moment(wanted.since),
            "at < ?": stored_moment(wanted.until),
            "actor = ?": wanted.actor,
            "action = ?": wanted.action,
            "target = ?": wanted.target,
        }
        given = {sql: value for sql, value in conditions.items() if value is not None}
        with self._database.read() as db:
            rows = db.table("audit_log").rows_where(
                " AND ".join(given) or None,
                list(given.values()),
                order_by="at DESC, id DESC",
                limit=-1 if limit is None else limit,
                offset=offset,
            )
            return [_entry(row) for row in rows]


def add_entry(db: Any, entry: AuditEntry) -> None:
    """Write it down in a transaction that is open: together with what it tells of, or not at all."""
    row = {
        "at": epoch_ms(entry.at),
        "actor": entry.actor,
        "via": entry.via.value,
        "action": entry.action,
        "target": entry.target,
        "detail": json.dumps(dict(entry.detail), ensure_ascii=False),
    }
    db.table("audit_log").insert(row)


def _entry(row: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        at=from_epoch_ms(row["at"]),
        actor=row["actor"],
        via=Via(row["via"]),
        action=row["action"],
        target=row["target"],
        detail=json.loads(row["detail"]),
    )
