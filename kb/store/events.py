"""What agents do with articles: the use that ranks the FAQ panel and the exposure that ranks reviews."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from kb.ports.store import DailyCount, Event
from kb.store.database import Database, epoch_ms, from_epoch_ms
from kb.text.masking import mask


class EventLog:
    """Implements ``kb.ports.store.EventLog``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, event: Event) -> None:
        """Write down an event with its query and note masked."""
        row = asdict(event) | {
            "at": epoch_ms(event.at),
            "query": event.query and mask(event.query),
            "note": event.note and mask(event.note),
        }
        with self._database.write() as db:
            db.table("events").insert(row)

    def totals(self, since: datetime) -> dict[str, dict[str, int]]:
        """article id -> kind -> number of events."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        with self._database.read() as db:
            for article_id, kind, count in db.execute(
                "SELECT article_id, kind, count(*) FROM events WHERE at >= ? GROUP BY article_id, kind",
                [epoch_ms(since)],
            ):
                counts[article_id][kind] = count
        return dict(counts)

    def daily(self, since: datetime) -> list[DailyCount]:
        """Events per article, kind and day (UTC)."""
        with self._database.read() as db:
            rows = db.execute(
                """SELECT article_id, kind, date(at / 1000, 'unixepoch') AS day, count(*) FROM events
                WHERE at >= ? GROUP BY article_id, kind, day""",
                [epoch_ms(since)],
            )
            return [
                DailyCount(article_id, kind, date.fromisoformat(day), count) for article_id, kind, day, count in rows
            ]

    def recent(self, kinds: Collection[str], since: datetime) -> list[Event]:
        """The events themselves, latest first."""
        names = ", ".join("?" * len(kinds))
        with self._database.read() as db:
            rows = db.table("events").rows_where(
                f"kind IN ({names}) AND at >= ?", [*kinds, epoch_ms(since)], order_by="at DESC, id DESC"
            )
            return [_event(row) for row in rows]

    def purge(self, before: datetime) -> int:
        """Forget what is older; return how many events that was."""
        with self._database.write() as db:
            return db.execute("DELETE FROM events WHERE at < ?", [epoch_ms(before)]).rowcount


def _event(row: dict[str, Any]) -> Event:
    del row["id"]
    return Event(**row | {"at": from_epoch_ms(row["at"]), "stale": bool(row["stale"])})
