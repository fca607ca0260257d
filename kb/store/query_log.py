"""What was searched. Typing is one search, not one per keystroke; personal numbers are never written down.

A search is replaced by the agent's next one unless it was settled by a pick or Enter, rested for two seconds
or began thirty seconds ago. What is still being typed counts as what it says so far.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

import sqlite_utils

from kb.ports.store import FailedSearch, LoggedSearch, QueryCount
from kb.store.database import Database, epoch_ms, from_epoch_ms
from kb.text.masking import mask

REST_MS = 2_000
BURST_MS = 30_000

# The bare column ``query`` comes from the row with the greatest ``at``: the latest spelling.
_FREQUENT = """
    SELECT query, count(*) AS times, max(at) FROM searches WHERE at >= ? AND n_hits > 0 AND NOT masked
    GROUP BY normalized ORDER BY times DESC, normalized LIMIT ?
"""
_FAILED = """
    SELECT query, at, channel FROM searches WHERE at >= ? AND n_hits = 0 AND filters = '{}'
    ORDER BY at DESC, id DESC LIMIT ?
"""


class QueryLog:
    """Implements ``kb.ports.store.QueryLog``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, search: LoggedSearch) -> None:
        """Write down a search in place of the same agent's search that it was typed over."""
        self.take(_row(search))

    def take(self, row: dict[str, Any]) -> None:
        """The same for the row that was made of a search, here or on another machine."""
        with self._database.write() as db:
            latest = _latest(db, row["agent"])
            if latest and 0 < latest.at - row["at"] < BURST_MS:
                return  # overtaken on the way by a later keystroke
            if latest and _is_being_typed(latest, row["at"]):
                db.table("searches").update(latest.id, row)
            else:
                db.table("searches").insert({**row, "started": row["at"]})

    def settle(self, agent: str) -> None:
        """The agent's latest search is complete: what follows is another one."""
        with self._database.write() as db:
            db.execute(
                """UPDATE searches SET settled = 1
                WHERE id = (SELECT id FROM searches WHERE agent = ? ORDER BY at DESC, id DESC LIMIT 1)""",
                [agent],
            )

    def zero_results(self, since: datetime, limit: int) -> list[FailedSearch]:
        """Searches that found nothing though unfiltered (a filter may be the reason), the latest first."""
        with self._database.read() as db:
            rows = db.execute(_FAILED, [epoch_ms(since), limit])
            return [FailedSearch(query, from_epoch_ms(at), channel) for query, at, channel in rows]

    def frequent(self, since: datetime, limit: int) -> list[QueryCount]:
        """Searches that found something and hold nothing personal, most frequent first."""
        with self._database.read() as db:
            rows = db.execute(_FREQUENT, [epoch_ms(since), limit])
            return [QueryCount(query, times, from_epoch_ms(last)) for query, times, last in rows]

    def counts(self, since: datetime, until: datetime) -> tuple[int, int]:
        """How many searches there were in [since, until), and how many that were unfiltered found nothing."""
        sql = """SELECT count(*), coalesce(sum(n_hits = 0 AND filters = '{}'), 0) FROM searches
            WHERE at >= ? AND at < ?"""
        with self._database.read() as db:
            searches, failed = db.execute(sql, [epoch_ms(since), epoch_ms(until)]).fetchone()
        return int(searches), int(failed)

    def purge(self, before: datetime) -> int:
        """Forget what is older; return how many searches that was."""
        with self._database.write() as db:
            return db.execute("DELETE FROM searches WHERE at < ?", [epoch_ms(before)]).rowcount


def _row(search: LoggedSearch) -> dict[str, Any]:
    query = mask(search.query)
    filters = {name: mask(value) for name, value in search.filters.items()}
    return {
        "at": epoch_ms(search.at),
        "agent": search.agent,
        "query": query,
        "normalized": mask(search.normalized),
        "masked": query != search.query,
        "filters": json.dumps(filters, ensure_ascii=False, sort_keys=True),
        "channel": search.channel,
        "n_hits": search.n_hits,
        "took_ms": search.took_ms,
        "fallback": search.fallback and mask(search.fallback),  # it quotes the query
        "generation": search.generation,
        "settled": search.settled,
    }


class _Latest(NamedTuple):
    id: int
    started: int
    at: int
    settled: int


def _latest(db: sqlite_utils.Database, agent: str) -> _Latest | None:
    row = db.execute(
        "SELECT id, started, at, settled FROM searches WHERE agent = ? ORDER BY at DESC, id DESC LIMIT 1",
        [agent],
    ).fetchone()
    return None if row is None else _Latest(*row)


def _is_being_typed(search: _Latest, at: int) -> bool:
    """Whether what comes ``at`` (milliseconds since 1970) continues ``search``."""
    return not search.settled and 0 <= at - search.at < REST_MS and at - search.started < BURST_MS
