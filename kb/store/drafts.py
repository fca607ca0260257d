"""The next drafts of articles, at most one of each."""

from __future__ import annotations

from typing import Any

from kb.ports.history import Draft
from kb.store.database import Database, epoch_ms, from_epoch_ms

_COLUMNS = "article_id, path, base, revision, source, author, at, note"


class Drafts:
    """Implements ``kb.ports.history.Drafts``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, article_id: str) -> Draft | None:
        """The draft of an article."""
        with self._database.read() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM drafts WHERE article_id = ?", [article_id]).fetchone()  # noqa: S608
        return None if row is None else _draft(row)

    def put(self, draft: Draft, expected: str) -> str:
        """Store it if the one that is there has the revision ``expected``; returns the revision of what was there."""
        with self._database.write() as db:
            row = db.execute("SELECT revision FROM drafts WHERE article_id = ?", [draft.article_id]).fetchone()
            found = "" if row is None else str(row[0])
            if found == expected:
                values = [draft.article_id, draft.path, draft.base, draft.revision, draft.source]
                values += [draft.author, epoch_ms(draft.at), draft.note]  # type: ignore[list-item]
                db.execute(f"REPLACE INTO drafts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)  # noqa: S608
        return found

    def discard(self, article_id: str) -> None:
        """Forget the draft, if there is one."""
        with self._database.write() as db:
            db.execute("DELETE FROM drafts WHERE article_id = ?", [article_id])

    def all(self) -> list[Draft]:
        """Every draft, the latest first."""
        with self._database.read() as db:
            return [_draft(row) for row in db.execute(f"SELECT {_COLUMNS} FROM drafts ORDER BY at DESC")]  # noqa: S608


def _draft(row: tuple[Any, ...]) -> Draft:
    article_id, path, base, revision, source, author, at, note = row
    return Draft(article_id, path, base, revision, source, author, from_epoch_ms(at), note)
