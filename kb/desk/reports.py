"""What supervisors ask: how the week was."""

from __future__ import annotations

from kb.model import Caller, Right
from kb.rules.access import has, require
from kb.rules.weeks import Week
from kb.shapes.reports import ChangedArticle, WeeklyReport
from kb.system import System


class ReportsDesk:
    """Whoever reads what is internal sees the report; who reviewed and who edited is told to reviewers only."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def weekly(self, week: str | None = None, complete: bool = False) -> WeeklyReport:
        """The report of a week such as 2026-W47, by default of the running one. Raises QueryError.

        ``complete``: weeks that no server has stored yet are made for the trend, which may take a minute.
        """
        require(self._caller, Right.READ_INTERNAL)
        wanted = None if week is None else Week.parse(week)
        if complete:
            self._system.reports.store_ended()
        report = self._system.reports.report(wanted)
        return report if has(self._caller, Right.REVIEW) else _without_names(report)

    def weeks(self) -> list[Week]:
        """Those that there is a report of, the latest first, which is the running one."""
        require(self._caller, Right.READ_INTERNAL)
        first, week = self._system.reports.first_week(), self._system.reports.current_week()
        found = [week]
        while first is not None and week > first:
            week = week.previous()
            found.append(week)
        return found


def _without_names(report: WeeklyReport) -> WeeklyReport:
    changed: list[ChangedArticle] = [{**row, "authors": []} for row in report["changed"]]
    return {**report, "names": False, "reviewers": [], "changed": changed}
