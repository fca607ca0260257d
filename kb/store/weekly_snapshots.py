"""Weekly reports as they were once made: a trend shows what was, not what today's rules would make of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import cast

from kb.shapes.reports import WeekFigures, WeekReport
from kb.store.database import Database, epoch_ms


class WeeklySnapshots:
    """Implements ``kb.ports.weekly.WeeklySnapshots``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, report: WeekReport, made_at: datetime) -> None:
        """Keep the report, unless there is one of its week: whoever was first is right."""
        rest = {name: value for name, value in report.items() if name != "figures"}
        row = (report["week"], epoch_ms(made_at), _dumped(report["figures"]), _dumped(rest))
        with self._database.write() as db:
            db.execute("INSERT OR IGNORE INTO weekly_snapshots VALUES (?, ?, ?, ?)", row)

    def get(self, week: str) -> WeekReport | None:
        """The report of a week."""
        with self._database.read() as db:
            row = db.execute("SELECT figures, report FROM weekly_snapshots WHERE week = ?", [week]).fetchone()
        return None if row is None else cast(WeekReport, {**json.loads(row[1]), "figures": json.loads(row[0])})

    def figures(self, first: str, last: str) -> list[WeekFigures]:
        """The figures of the weeks from ``first`` to ``last``, both included, the oldest first."""
        sql = "SELECT figures FROM weekly_snapshots WHERE week BETWEEN ? AND ? ORDER BY week"
        with self._database.read() as db:
            return [cast(WeekFigures, json.loads(figures)) for (figures,) in db.execute(sql, [first, last])]


def _dumped(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
