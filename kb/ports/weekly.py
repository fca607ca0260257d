"""PORT weekly: the reports of ended weeks, stored once. ``kb.store.weekly_snapshots`` implements it.

Weeks are written as ISO has them (2026-W47). Every call may raise StoreError.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from kb.shapes.reports import WeekFigures, WeekReport


class WeeklySnapshots(Protocol):
    """One report a week, never changed."""

    def save(self, report: WeekReport, made_at: datetime) -> None:
        """Keep the report, unless there is one of its week: whoever was first is right."""

    def get(self, week: str) -> WeekReport | None:
        """The report of a week."""

    def figures(self, first: str, last: str) -> list[WeekFigures]:
        """The figures of the weeks from ``first`` to ``last``, both included, the oldest first."""
