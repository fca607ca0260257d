"""Knowledge that agents looked for and missed, reported by them; personal numbers are never written down."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlite_utils

from kb.errors import TooManyReports
from kb.ports.store import Gap
from kb.store.database import Database, epoch_ms, from_epoch_ms
from kb.text.masking import mask

#: The same query by the same agent within this time is a double click, or a note added at once.
SAME_REPORT = timedelta(seconds=10)
#: An agent can't have met more gaps than this; whoever sends more is a program gone wild.
MOST_REPORTS, PER = 20, timedelta(minutes=10)
#: Of all agents together: nobody reads more, and whoever invents agents can't fill the disk.
MOST_OF_ALL, PER_DAY = 2000, timedelta(days=1)
_MS = timedelta(milliseconds=1)


class GapLog:
    """Implements ``kb.ports.store.GapLog``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, gap: Gap) -> None:
        """Write down a report, or bring the one up to date that it repeats. Raises TooManyReports."""
        self.take(asdict(gap) | {"at": epoch_ms(gap.at), "query": mask(gap.query), "note": gap.note and mask(gap.note)})

    def take(self, row: dict[str, Any]) -> None:
        """The same for the row that was made of a report, here or on another machine."""
        agent, at = row["agent"], row["at"]
        with self._database.write() as db:
            same = _latest(db, agent, row["query"], at - SAME_REPORT // _MS)
            if same is not None:
                db.table("gaps").update(same, {name: row[name] for name in ("note", "channel", "product")})
                return
            own, all_of_a_day = (
                _count(db, agent, at - PER // _MS),
                _count_all(db, at - PER_DAY // _MS),
            )
            if own >= MOST_REPORTS or all_of_a_day >= MOST_OF_ALL:
                raise TooManyReports
            db.table("gaps").insert(row)

    def recent(self, since: datetime) -> list[Gap]:
        """The reports, latest first."""
        with self._database.read() as db:
            rows = db.table("gaps").rows_where("at >= ?", [epoch_ms(since)], order_by="at DESC, id DESC")
            return [_gap(row) for row in rows]

    def purge(self, before: datetime) -> int:
        """Forget what is older; return how many reports that was."""
        with self._database.write() as db:
            return db.execute("DELETE FROM gaps WHERE at < ?", [epoch_ms(before)]).rowcount


def _latest(db: sqlite_utils.Database, agent: str, query: str, since: int) -> int | None:
    row = db.execute(
        "SELECT max(id) FROM gaps WHERE agent = ? AND query = ? AND at > ?", [agent, query, since]
    ).fetchone()
    return None if row[0] is None else int(row[0])


def _count(db: sqlite_utils.Database, agent: str, since: int) -> int:
    return int(db.execute("SELECT count(*) FROM gaps WHERE agent = ? AND at > ?", [agent, since]).fetchone()[0])


def _count_all(db: sqlite_utils.Database, since: int) -> int:
    return int(db.execute("SELECT count(*) FROM gaps WHERE at > ?", [since]).fetchone()[0])


def _gap(row: dict[str, Any]) -> Gap:
    del row["id"]
    return Gap(**row | {"at": from_epoch_ms(row["at"])})
