"""Which messages of which digest went out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kb.ports.notices import Digest, Notice, NoticeState
from kb.store.database import Database, epoch_ms, from_epoch_ms

_KEY = "week = ? AND owner = ? AND channel = ?"


class Notices:
    """Implements ``kb.ports.notices.Notices``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, digest: Digest) -> list[Notice]:
        """Its messages in order."""
        with self._database.read() as db:
            return [_notice(row) for row in db.table("notices").rows_where(_KEY, _key(digest), order_by="part")]

    def begin(self, digest: Digest, title: str, parts: Sequence[str], at: datetime) -> bool:
        """Write down what will be sent, unless somebody has."""
        state = NoticeState.WAITING if parts else NoticeState.EMPTY
        common = {"week": digest.week, "owner": digest.owner, "channel": digest.channel, "title": title}
        rows = [
            {**common, "part": part, "text": text, "state": state.value, "at": epoch_ms(at), "trouble": ""}
            for part, text in enumerate(parts or [""])
        ]
        with self._database.write() as db:
            if next(db.table("notices").rows_where(_KEY, _key(digest), limit=1), None):
                return False
            db.table("notices").insert_all(rows)
        return True

    def settle(self, notice: Notice, state: NoticeState, at: datetime, trouble: str = "") -> bool:
        """Change the state that ``notice`` says, if that is still so."""
        text = "" if state is NoticeState.SENT else notice.text
        with self._database.write() as db:
            done = db.execute(
                f"""UPDATE notices SET state = ?, at = ?, trouble = ?, text = ?
                WHERE {_KEY} AND part = ? AND state = ?""",  # noqa: S608  # the key is ours
                [state.value, epoch_ms(at), trouble, text, *_key(notice.digest), notice.part, notice.state.value],
            )
            return bool(done.rowcount)


def _key(digest: Digest) -> list[str]:
    return [digest.week, digest.owner, digest.channel]


def _notice(row: dict[str, Any]) -> Notice:
    return Notice(
        digest=Digest(row["week"], row["owner"], row["channel"]),
        part=row["part"],
        title=row["title"],
        text=row["text"],
        state=NoticeState(row["state"]),
        at=from_epoch_ms(row["at"]),
        trouble=row["trouble"],
    )
