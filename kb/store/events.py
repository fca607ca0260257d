"""What agents do with articles: the use that ranks the FAQ panel and the exposure that ranks reviews."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime
from functools import cached_property
from typing import Any

from kb.ports.events import EVENT_KINDS, Choice, DailyCount, Event, Evidence, StaleCopies, Visit
from kb.store.database import Database, epoch_ms, from_epoch_ms
from kb.text.masking import mask
from kb.text.normalize import letters_of

_CHOSEN = "kind IN ('pick', 'open', 'copy') AND asked IS NOT NULL AND at >= :since"
_DAY = "date(at / 1000, 'unixepoch')"
# What one visitor asked alone never leaves the database.
_CHOICES = f"""
    SELECT asked, query, article_id, origin, agent, {_DAY} AS day, count(*), max(position) FROM events
    WHERE {_CHOSEN} AND asked IN (
        SELECT asked FROM events WHERE {_CHOSEN}
        GROUP BY asked HAVING count(DISTINCT origin || ' ' || agent) >= :senders
    )
    GROUP BY asked, query, article_id, origin, agent, day
"""  # noqa: S608  # nothing but constants
_UNHELPFUL = f"""
    SELECT DISTINCT article_id, origin, agent, {_DAY} FROM events WHERE kind = 'unhelpful' AND at >= :since
"""  # noqa: S608  # the same

_NEVER = 2**62  # later than any moment, in milliseconds


class EventLog:
    """Implements ``kb.ports.events.EventLog``. ``key`` hashes the addresses of senders; None: the database's own."""

    def __init__(self, database: Database, key: bytes | None = None) -> None:
        self._database, self._given_key = database, key

    def record(self, event: Event) -> None:
        """Write down an event: query and note masked, the sender's address as a hash."""
        query = event.query and mask(event.query)
        self.take(
            asdict(event)
            | {
                "at": epoch_ms(event.at),
                "query": query,
                "note": event.note and mask(event.note),
                "origin": event.origin and self._hashed(event.origin),
                "asked": (letters_of(query) or None) if query and query == event.query else None,
            }
        )

    def take(self, row: dict[str, Any]) -> None:
        """Write down the row that was made of an event, here or on another machine."""
        with self._database.write() as db:
            db.table("events").insert(row)

    def totals(self, since: datetime, until: datetime | None = None) -> dict[str, dict[str, int]]:
        """article id -> kind -> number of events in [since, until)."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        with self._database.read() as db:
            for article_id, kind, count in db.execute(
                "SELECT article_id, kind, count(*) FROM events WHERE at >= ? AND at < ? GROUP BY article_id, kind",
                _window(since, until),
            ):
                counts[article_id][kind] = count
        return dict(counts)

    def uses(self, kinds: Collection[str], since: datetime, until: datetime | None = None) -> dict[str, int]:
        """article id -> number of events of these kinds in [since, until)."""
        with self._database.read() as db:
            rows = db.execute(
                """SELECT article_id, count(*) FROM events
                WHERE at >= ? AND at < ? AND kind IN (SELECT value FROM json_each(?)) GROUP BY article_id""",
                [*_window(since, until), json.dumps(list(kinds))],
            )
            return dict(rows)

    def daily(
        self, since: datetime, until: datetime | None = None, kinds: Collection[str] = EVENT_KINDS
    ) -> list[DailyCount]:
        """Events of ``kinds`` in [since, until) per article, kind and day (UTC)."""
        with self._database.read() as db:
            rows = db.execute(
                """SELECT article_id, kind, date(at / 1000, 'unixepoch') AS day, count(*) FROM events
                WHERE at >= ? AND at < ? AND kind IN (SELECT value FROM json_each(?)) GROUP BY article_id, kind, day""",
                [*_window(since, until), json.dumps(list(kinds))],
            )
            return [
                DailyCount(article_id, kind, date.fromisoformat(day), count) for article_id, kind, day, count in rows
            ]

    def stale_copies(self, since: datetime, until: datetime) -> dict[str, int]:
        """article id -> how often it was copied in [since, until) while it was expired or stale."""
        sql = """SELECT article_id, count(*) FROM events
            WHERE at >= ? AND at < ? AND kind = 'copy' AND stale GROUP BY article_id"""
        with self._database.read() as db:
            return dict(db.execute(sql, _window(since, until)))

    def recent(self, kinds: Collection[str], since: datetime) -> list[Event]:
        """The events themselves, latest first."""
        names = ", ".join("?" * len(kinds))
        with self._database.read() as db:
            rows = db.table("events").rows_where(
                f"kind IN ({names}) AND at >= ?", [*kinds, epoch_ms(since)], order_by="at DESC, id DESC"
            )
            return [_event(row) for row in rows]

    def outdated_votes(self, since: datetime, until: datetime) -> list[Event]:
        """The votes that an article is outdated in [since, until], the latest first."""
        with self._database.read() as db:
            rows = db.table("events").rows_where(
                "kind = 'outdated' AND at BETWEEN ? AND ?", _ms(since, until), order_by="at DESC, id DESC"
            )
            return [_event(row) for row in rows]

    def copied_stale_ids(self, since: datetime, until: datetime) -> frozenset[str]:
        """The articles that were copied in [since, until] while they were expired or stale."""
        with self._database.read() as db:
            rows = db.execute(  # such copies are few among all events of the time, which SQLite can't know
                """SELECT DISTINCT article_id FROM events INDEXED BY events_copied_stale
                WHERE kind = 'copy' AND stale AND at BETWEEN ? AND ?""",
                _ms(since, until),
            )
            return frozenset(article_id for (article_id,) in rows)

    def copied_stale(self, since: Mapping[str, datetime], until: datetime) -> dict[str, StaleCopies]:
        """The same copies counted for some articles, of each those later than ``since``."""
        with self._database.read() as db:
            rows = db.execute(
                """SELECT article_id, count(*), min(at), max(at)
                FROM json_each(?) AS asked CROSS JOIN events ON article_id = asked.key AND at > asked.value
                WHERE kind = 'copy' AND stale AND at <= ? GROUP BY article_id""",
                [json.dumps({i: epoch_ms(moment) for i, moment in since.items()}), epoch_ms(until)],
            )
            return {
                article_id: StaleCopies(count, from_epoch_ms(first), from_epoch_ms(last))
                for article_id, count, first, last in rows
            }

    def evidence(self, since: datetime, senders: int) -> Evidence:
        """What was chosen for queries that at least ``senders`` visitors have asked; never for personal ones."""
        window = {"since": epoch_ms(since), "senders": senders}
        with self._database.read() as db:
            choices = tuple(
                Choice(asked, query, Visit(article_id, origin, agent, date.fromisoformat(day)), count, position)
                for asked, query, article_id, origin, agent, day, count, position in db.execute(_CHOICES, window)
            )
            unhelpful = frozenset(
                Visit(article_id, origin, agent, date.fromisoformat(day))
                for article_id, origin, agent, day in db.execute(_UNHELPFUL, window)
            )
            (origins,) = db.execute("SELECT count(DISTINCT origin) FROM events WHERE at >= :since", window).fetchone()
        return Evidence(choices, unhelpful, origins)

    def purge(self, before: datetime) -> int:
        """Forget what is older; return how many events that was."""
        with self._database.write() as db:
            return db.execute("DELETE FROM events WHERE at < ?", [epoch_ms(before)]).rowcount

    def _hashed(self, address: str) -> str:
        """Tells addresses apart without naming them."""
        return hmac.new(self._key, address.encode(), hashlib.sha256).hexdigest()[:16]

    @cached_property
    def _key(self) -> bytes:
        if self._given_key is not None:
            return self._given_key
        with self._database.read() as db:
            (key,) = db.execute("SELECT key FROM sender_key").fetchone()
        return bytes.fromhex(key)


def _ms(*moments: datetime) -> list[int]:
    return [epoch_ms(moment) for moment in moments]


def _window(since: datetime, until: datetime | None) -> tuple[int, int]:
    return epoch_ms(since), _NEVER if until is None else epoch_ms(until)


def _event(row: dict[str, Any]) -> Event:
    del row["id"], row["asked"]
    return Event(**row | {"at": from_epoch_ms(row["at"]), "stale": bool(row["stale"])})
