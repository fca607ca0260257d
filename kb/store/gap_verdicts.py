"""What people decided about knowledge gaps; the reports themselves are never changed (``kb.store.gaps``)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from kb.ports.store import GapVerdict
from kb.store.database import Database, epoch_ms, from_epoch_ms


class GapVerdicts:
    """Implements ``kb.ports.store.GapVerdicts``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def judge(self, verdict: GapVerdict) -> None:
        """Keep a verdict in place of an earlier one on the same wording."""
        with self._database.write() as db:
            db.table("gap_verdicts").insert(asdict(verdict) | {"at": epoch_ms(verdict.at)}, replace=True)

    def withdraw(self, asked: str) -> GapVerdict | None:
        """Forget a verdict and return it; None when there was none."""
        with self._database.write() as db:
            found = [_verdict(row) for row in db.table("gap_verdicts").rows_where("asked = ?", [asked])]
            db.execute("DELETE FROM gap_verdicts WHERE asked = ?", [asked])
            return next(iter(found), None)

    def all(self) -> list[GapVerdict]:
        """All of them, the latest first."""
        with self._database.read() as db:
            return [_verdict(row) for row in db.table("gap_verdicts").rows_where(order_by="at DESC, asked")]


def _verdict(row: dict[str, Any]) -> GapVerdict:
    return GapVerdict(**row | {"added": bool(row["added"]), "at": from_epoch_ms(row["at"])})
