"""Days, as people say from when and until when, as moments where this process runs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from kb.errors import QueryError


def start_of(day: date) -> datetime:
    """The first moment of a day. Raises QueryError for one at the very ends of the calendar."""
    return _midnight(day, 0)


def end_of(day: date) -> datetime:
    """The first moment after a day, which summer time makes shorter or longer. Raises QueryError like ``start_of``."""
    return _midnight(day, 1)


def _midnight(day: date, later: int) -> datetime:
    try:
        return datetime.combine(day + timedelta(days=later), time()).astimezone()
    except (OverflowError, ValueError):  # the next day, or this one in UTC, has no date
        raise QueryError(f"日期 {day} 超出了日历的范围，请换一个日期。") from None
