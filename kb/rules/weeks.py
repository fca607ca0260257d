"""Weeks as reports count them: ISO 8601, from Monday to Sunday, in the zone of the setting ``timezone``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo

from kb.errors import QueryError

_WRITTEN = re.compile(r"([0-9]{4})-W([0-9]{2})")
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One ISO week; ``str()`` gives ``2026-W47``, which sorts as the weeks do."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Week:
        """Read ``2026-W47``. Raises QueryError for anything else, and for weeks that the year doesn't have."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise QueryError(f"周须写成 2026-W47 这样（年份、W、两位周数），收到的是“{text[:20]}”。")
        week = cls(int(written[1]), int(written[2]))
        try:
            date.fromisocalendar(week.year, week.number, 1)
        except ValueError:
            raise QueryError(f"没有 {text} 这一周：年份从 0001 起，一年有 52 或 53 周。") from None
        return week

    @classmethod
    def of(cls, day: date) -> Week:
        """The week that has ``day``."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """Its last day."""
        return date.fromisocalendar(self.year, self.number, 7)

    def not_after(self, this: Week) -> Week:
        """The week itself. Raises QueryError when it is later than ``this`` one, the running week."""
        if self > this:
            raise QueryError(f"{self} 还没有到；现在是 {this}。")
        return self

    def previous(self) -> Week:
        """The week before."""
        return Week.of(self.monday - _WEEK)

    def next(self) -> Week:
        """The week after."""
        return Week.of(self.monday + _WEEK)

    def start(self, zone: tzinfo) -> datetime:
        """Its first moment."""
        return datetime.combine(self.monday, time.min, zone)

    def end(self, zone: tzinfo) -> datetime:
        """The first moment that is not in it any more."""
        try:
            return self.next().start(zone)
        except OverflowError:  # the last week that there is
            return datetime.max.replace(tzinfo=timezone.utc)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"
