"""The weekly report: what the house's knowledge looked like when a week ended, and what happened in it.

An ended week is computed from the history once and stored; later readers get what was stored then. The running week is
computed when it is asked for.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from kb.errors import QueryError, StoreError
from kb.ports.weekly import WeeklySnapshots
from kb.reports.computation import WeekComputation, WeeklySources
from kb.rules.freshness import Policy
from kb.rules.weeks import Week
from kb.shapes.reports import WeeklyReport, WeekReport

log = logging.getLogger(__name__)

#: weeks of a trend, this one included: what was a year ago is seen beside it
TREND = 53
#: a change that was begun in the week is confirmed by then, and what agents did has been written down
_SETTLED = timedelta(minutes=10)
_KEPT_FOR = timedelta(minutes=1)


class WeeklyReports:
    """``now`` gives an aware datetime, ``zone`` is where weeks begin, ``kept_days`` how long use is remembered."""

    def __init__(
        self,
        sources: WeeklySources,
        snapshots: WeeklySnapshots,
        policy: Policy,
        zone: tzinfo,
        now: Callable[[], datetime],
        kept_days: int,
    ) -> None:
        self._sources, self._snapshots, self._policy = sources, snapshots, policy
        self._zone, self._now, self._kept = zone, now, timedelta(days=kept_days)
        self._turn = threading.Lock()
        self._latest: tuple[datetime, WeekReport] | None = None

    def current_week(self) -> Week:
        """The one that is running."""
        return Week.of(self._now().astimezone(self._zone).date())

    def span(self, week: Week) -> tuple[datetime, datetime]:
        """Its first moment, and the first that is not in it any more."""
        return week.start(self._zone), week.end(self._zone)

    def first_week(self) -> Week | None:
        """The first that something is known of; None: there is no history yet."""
        began = self._sources.history.began()
        return None if began is None else Week.of(began.astimezone(self._zone).date())

    def report(self, week: Week | None = None) -> WeeklyReport:
        """The report of a week, by default of the running one, with up to a year of weeks before it.

        That of an ended week is stored if it wasn't. Raises QueryError for a week ahead or before the history began.
        """
        week = week or self.current_week()
        self._check(week)
        running = week == self.current_week()
        report = self._running(week) if running else self._snapshots.get(str(week)) or self._made(week)
        first = Week.of(week.monday - timedelta(weeks=TREND - 1))
        before = self._snapshots.figures(str(first), str(week.previous()))
        return WeeklyReport(**report, names=True, trend=[*before, report["figures"]])

    def store_ended(self, most: int = TREND) -> int:
        """Make and store up to ``most`` of what is missing of the past year, the latest first; return how many."""
        missing = self._missing()[:most]
        for week in missing:
            self._made(week)
        return len(missing)

    def computed(self, week: Week) -> WeekReport:
        """The report of a week as the history tells it now, whatever is stored."""
        ended = week < self.current_week()
        end = week.end(self._zone) if ended else self._now()
        day = week.sunday if ended else end.astimezone(self._zone).date()
        return WeekComputation(self._sources, self._policy, week, week.start(self._zone), end, day, ended).report(
            self._notes(week)
        )

    # --- inside

    def _running(self, week: Week) -> WeekReport:
        """At most a minute old: a large house takes a second, and what one reader waited for does for the next."""
        with self._turn:
            now = self._now()
            made_at, report = self._latest or (now, None)
            if report is None or report["week"] != str(week) or not timedelta() <= now - made_at < _KEPT_FOR:
                report = self.computed(week)
                self._latest = now, report
            return report

    def _made(self, week: Week) -> WeekReport:
        """Computed, and stored once nothing can come to the week any more."""
        report = self.computed(week)
        if not self._is_settled(week):
            return report
        try:
            self._snapshots.save(report, self._now())
        except StoreError as error:  # a full disk keeps nobody from reading
            log.warning("%s 的周报没有存下，下次再存：%s", week, error)
        return self._snapshots.get(str(week)) or report  # another process may have been first

    def _missing(self) -> list[Week]:
        """The weeks of the past year that have ended and are not stored, the latest first."""
        first, week = self.first_week(), self.current_week()
        if first is None:
            return []
        earliest = max(first, Week.of(week.monday - timedelta(weeks=TREND)))
        stored = {row["week"] for row in self._snapshots.figures(str(earliest), str(week))}
        missing = []
        while week > earliest:
            week = week.previous()
            if str(week) not in stored and self._is_settled(week):
                missing.append(week)
        return missing

    def _is_settled(self, week: Week) -> bool:
        return week.end(self._zone) + _SETTLED <= self._now()

    def _check(self, week: Week) -> None:
        current = self.current_week()
        first = self.first_week() or current
        if week.not_after(current) < first:
            raise QueryError(f"历史从 {first.monday:%Y-%m-%d} 那一周（{first}）开始，更早的 {week} 没有留底。")

    def _notes(self, week: Week) -> list[str]:
        """What can't be known of the week."""
        began = self._sources.history.began()
        start = week.start(self._zone)
        notes = []
        if began is None:
            notes.append("还没有任何历史记录，这一周的改动看不到。")
        elif began >= start:
            notes.append(f"历史从 {began.astimezone(self._zone):%Y-%m-%d %H:%M} 开始，这一周在那之前的改动没有留底。")
        if start < self._now() - self._kept:
            notes.append(f"使用记录只保留 {self._kept.days} 天，这一周的搜索、浏览和复制次数可能不全。")
        return notes
