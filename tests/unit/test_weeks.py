"""Weeks: ISO, Monday first, in whatever zone the house is."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import QueryError
from kb.rules.weeks import Week

ZONES = ["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Europe/Berlin", "Australia/Lord_Howe"]
days = st.dates(date(1970, 1, 15), date(9990, 12, 31))


@given(days)
def test_a_week_is_written_and_read(day: date) -> None:
    week = Week.of(day)
    assert Week.parse(str(week)) == week
    assert week.monday <= day <= week.sunday == week.monday + timedelta(days=6)
    assert week.monday.weekday() == 0


@given(days)
def test_weeks_follow_each_other(day: date) -> None:
    week = Week.of(day)
    assert week.next().previous() == week == week.previous().next()
    assert week < week.next()
    assert str(week) < str(week.next())
    assert week.next().monday - week.monday == timedelta(days=7)


@given(days, st.sampled_from(ZONES))
def test_no_moment_falls_between_two_weeks(day: date, zone: str) -> None:
    week, there = Week.of(day), ZoneInfo(zone)
    assert week.end(there) == week.next().start(there)
    last = (week.end(there).astimezone(timezone.utc) - timedelta(milliseconds=1)).astimezone(there)
    assert Week.of(last.date()) == week
    assert Week.of(week.start(there).date()) == week


def test_a_week_with_a_change_of_the_clock_is_an_hour_longer() -> None:
    week, there = Week.parse("2026-W43"), ZoneInfo("Europe/Berlin")  # 25 October 2026
    hours = (week.end(there).timestamp() - week.start(there).timestamp()) / 3600
    assert hours == 7 * 24 + 1
    assert week.start(ZoneInfo("Asia/Shanghai")) == datetime(2026, 10, 18, 16, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "2026-W54",
        "2026-W00",
        "2026-47",
        "2026W47",
        "2026-W7",
        "0000-W01",
        "2025-W53",
        "",
        "上周",
        "2026-W47 ",
        "２０２６-W47",
    ],
)
def test_what_is_no_week_is_told(text: str) -> None:
    with pytest.raises(QueryError, match="周"):
        Week.parse(text)
