"""The links by which reviewers confirm with one click."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kb.ports.notices import ConfirmLink
from kb.store.accounts import moment_of
from kb.store.database import Database, epoch_ms, from_epoch_ms


class ConfirmLinks:
    """Implements ``kb.ports.notices.ConfirmLinks``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, article_id: str, revision: str, reviewer: str, expires: datetime) -> ConfirmLink:
        """A new one."""
        row = {"article_id": article_id, "revision": revision, "reviewer": reviewer, "expires": epoch_ms(expires)}
        with self._database.write() as db:
            number = db.table("confirm_links").insert(row).last_rowid
        assert isinstance(number, int)  # noqa: S101  # for the type checker: a table with an INTEGER key has one
        return ConfirmLink(number, article_id, revision, reviewer, from_epoch_ms(epoch_ms(expires)))

    def get(self, number: int) -> ConfirmLink | None:
        """The link of a number."""
        with self._database.read() as db:
            return next(map(_link, db.table("confirm_links").rows_where("number = ?", [number])), None)

    def use(self, number: int, at: datetime) -> bool:
        """Use it up, if it has not been."""
        with self._database.write() as db:
            sql = "UPDATE confirm_links SET used = ? WHERE number = ? AND used IS NULL"
            return bool(db.execute(sql, [epoch_ms(at), number]).rowcount)

    def release(self, number: int) -> None:
        """Let it be used again."""
        with self._database.write() as db:
            db.execute("UPDATE confirm_links SET used = NULL WHERE number = ?", [number])

    def purge(self, expired_before: datetime) -> None:
        """Forget old ones."""
        with self._database.write() as db:
            db.execute("DELETE FROM confirm_links WHERE expires < ?", [epoch_ms(expired_before)])


def _link(row: dict[str, Any]) -> ConfirmLink:
    return ConfirmLink(
        number=row["number"],
        article_id=row["article_id"],
        revision=row["revision"],
        reviewer=row["reviewer"],
        expires=from_epoch_ms(row["expires"]),
        used=moment_of(row["used"]),
    )
