"""Weekly reports as they were once made: a trend shows what was, not what today's rules would make of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, cast

from kb.shapes.reports import WeekFigures, WeekReport
from kb.store.database import Database, epoch_ms


class WeeklySnapshots:
    """Implements ``kb.ports.weekly.WeeklySnapshots``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, report: WeekReport, made_at: datetime) -> None:
        """Keep the report, unless there is one of its week that can be read: whoever was first is right."""
        rest = {name: value for name, value in report.items() if name != "figures"}
        row = (report["week"], epoch_ms(made_at), _dumped(report["figures"]), _dumped(rest))
        with self._database.write() as db:
            if _stored(db, report["week"]) is None:
                db.execute("INSERT OR REPLACE INTO weekly_snapshots VALUES (?, ?, ?, ?)", row)

    def get(self, week: str) -> WeekReport | None:
        """The report of a week; None also for a damaged one, which is as good as none."""
        with self._database.read() as db:
            return _stored(db, week)

    def figures(self, first: str, last: str) -> list[WeekFigures]:
        """The figures of the weeks from ``first`` to ``last``, both included, the oldest first."""
        sql = "SELECT CAST(figures AS BLOB) FROM weekly_snapshots WHERE week BETWEEN ? AND ? ORDER BY week"
        with self._database.read() as db:
            found = [_loaded(figures) for (figures,) in db.execute(sql, [first, last])]
        return [cast(WeekFigures, figures) for figures in found if figures]


def _stored(db: Any, week: str) -> WeekReport | None:
    sql = "SELECT CAST(figures AS BLOB), CAST(report AS BLOB) FROM weekly_snapshots WHERE week = ?"
    row = db.execute(sql, [week]).fetchone()
    figures, rest = map(_loaded, row) if row else ({}, {})
    return cast(WeekReport, {**rest, "figures": figures}) if figures and rest else None


def _loaded(text: bytes) -> dict[str, object]:
    """A stored document, ``{}`` where it is damaged. Read as bytes: text that is no UTF-8 would fail every row."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _dumped(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
