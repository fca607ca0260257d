"""The next drafts of articles, at most one of each."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from kb.ports.history import Draft
from kb.store.database import Database, epoch_ms, from_epoch_ms


class Drafts:
    """Implements ``kb.ports.history.Drafts``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, article_id: str) -> Draft | None:
        """The draft of an article."""
        with self._database.read() as db:
            return next(map(_draft, db.table("drafts").rows_where("article_id = ?", [article_id])), None)

    def put(self, draft: Draft, expected: str) -> str:
        """Store it if the one that is there has the revision ``expected``; returns the revision of what was there."""
        with self._database.write() as db:
            row = db.execute("SELECT revision FROM drafts WHERE article_id = ?", [draft.article_id]).fetchone()
            found = "" if row is None else str(row[0])
            if found == expected:
                db.table("drafts").insert(asdict(draft) | {"at": epoch_ms(draft.at)}, replace=True)
        return found

    def discard(self, article_id: str) -> None:
        """Forget the draft, if there is one."""
        with self._database.write() as db:
            db.execute("DELETE FROM drafts WHERE article_id = ?", [article_id])

    def all(self) -> list[Draft]:
        """Every draft, the latest first."""
        with self._database.read() as db:
            return [_draft(row) for row in db.table("drafts").rows_where(order_by="at DESC")]


def _draft(row: dict[str, Any]) -> Draft:
    return Draft(**row | {"at": from_epoch_ms(row["at"])})
