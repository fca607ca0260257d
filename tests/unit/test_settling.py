"""Which reasons a verification has settled, whatever the clock, the zone and the calendar do."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.settling import Verification, end_of

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 20, 12, tzinfo=CHINA)
TODAY = NOW.date()
NOTHING = (None, None)

_days = st.dates(date(2020, 1, 1), date(2032, 12, 31))
_zones = st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Apia", "UTC"]).map(ZoneInfo)
_moments = st.datetimes(datetime(2020, 1, 1), datetime(2032, 12, 31), timezones=_zones)


def test_without_a_verification_nothing_is_settled() -> None:
    never = Verification.of(None, NOTHING, None, NOW)
    assert not never.settles(date(2000, 1, 1))
    assert not never.settles(date(2000, 1, 1), datetime(2000, 1, 1, tzinfo=CHINA))


@pytest.mark.parametrize(
    ("verified", "vouched", "settled_up_to"),
    [
        # by its day alone: the whole day, though not what is still to come of this one
        (TODAY - timedelta(1), NOTHING, datetime(2026, 11, 19, 23, 59, 59, 999000, CHINA)),
        (TODAY, NOTHING, NOW),
        # the history has seen the verification at nine
        (TODAY, (TODAY, NOW - timedelta(hours=3)), NOW - timedelta(hours=3)),
        # it came across it days later
        (date(2026, 11, 1), (date(2026, 11, 1), NOW), datetime(2026, 11, 1, 23, 59, 59, 999000, CHINA)),
        # what it knows is another verification: the file has a newer one
        (TODAY, (date(2026, 11, 1), NOW - timedelta(days=9)), NOW),
        # a slip in the year promises nothing for the future
        (date(2062, 11, 1), NOTHING, NOW),
        (date.max, NOTHING, NOW),
    ],
)
def test_up_to_which_moment_it_saw_everything(
    verified: date, vouched: tuple[date | None, datetime | None], settled_up_to: datetime
) -> None:
    assert Verification.of(verified, vouched, None, NOW).moment == settled_up_to


@given(_days, st.none() | _moments, st.none() | _moments, _moments, _moments)
def test_it_never_settles_what_came_later(
    verified: date, history: datetime | None, confirmed: datetime | None, now: datetime, at: datetime
) -> None:
    known = Verification.of(verified, (verified, history), confirmed, now)
    last = max(filter(None, [confirmed, end_of(verified, now.tzinfo)]))
    assert known.settles(at.date(), at) == (at <= known.moment)
    assert known.moment <= last
    assert confirmed is None or known.settles(confirmed.date(), confirmed)


@given(_days, _moments, _moments)
def test_a_later_day_settles_no_less(verified: date, now: datetime, at: datetime) -> None:
    earlier = Verification.of(verified, NOTHING, None, now)
    later = Verification.of(verified + timedelta(1), NOTHING, None, now)
    assert later.settles(at.date(), at) or not earlier.settles(at.date(), at)
    assert later.settles(at.date()) or not earlier.settles(at.date())


@given(_days, _zones)
def test_a_day_ends_before_the_next_begins(day: date, zone: ZoneInfo) -> None:
    start = datetime.combine(day, time.min, zone)
    following = datetime.combine(day + timedelta(1), time.min, zone)
    assert start < end_of(day, zone) < following
