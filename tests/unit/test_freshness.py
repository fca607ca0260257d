"""The freshness rule: examples at its boundaries, properties over all dates."""

from __future__ import annotations

import calendar
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import KINDS, PRIORITIES, Article, Interval, State
from kb.rules.freshness import Policy, add_interval, assess, is_valid, misdated, ranking_factor
from tests.unit.article_factory import articles, intervals, make_article

TODAY = date(2026, 11, 21)
POLICY = Policy()

policies = st.builds(
    Policy,
    default_interval=intervals,
    top_interval=intervals,
    by_kind=st.dictionaries(st.sampled_from(KINDS), intervals),
    by_priority=st.dictionaries(st.sampled_from(PRIORITIES), intervals),
)


def state(as_of: date = TODAY, in_top: bool = False, **fields: object) -> State:
    return assess(make_article(**fields), POLICY, as_of, in_top).state


def test_all_reasons_are_listed_most_serious_first() -> None:
    article = make_article(valid_to=date(2026, 11, 11), verified=date(2026, 9, 7), updated=date(2026, 11, 14))

    freshness = assess(article, POLICY, TODAY)

    assert freshness.state is State.EXPIRED
    assert freshness.reasons == (
        "有效期至 2026-11-11，已过 10 天",
        "应于 2026-10-07 前复核，已超 45 天",
        "2026-11-14 修改后尚未审核",
    )
    assert freshness.due == date(2026, 10, 7)
    assert freshness.days_overdue == 45


def test_outsiders_are_told_why_only_where_validity_has_ended() -> None:
    outside = Policy(for_outsiders=True)
    stale = make_article(verified=date(2026, 9, 7), updated=date(2026, 11, 14))
    expired = replace(stale, valid_to=date(2026, 11, 11))
    assert (assess(stale, outside, TODAY).state, assess(stale, outside, TODAY).reasons) == (State.STALE, ())
    assert assess(expired, outside, TODAY).reasons == ("有效期至 2026-11-11，已过 10 天",)


def test_an_answer_still_holds_on_the_last_day_of_its_validity() -> None:
    assert state(valid_to=TODAY, verified=TODAY) is State.FRESH
    assert state(valid_to=TODAY - timedelta(days=1), verified=TODAY) is State.EXPIRED


@pytest.mark.parametrize(
    ("days_since_verified", "expected", "reasons"),
    [
        (22, State.FRESH, ()),
        (23, State.DUE, ("应于 2026-11-28 前复核，还剩 7 天",)),
        (30, State.DUE, ("应于 2026-11-21 前复核，今天到期",)),
        (31, State.STALE, ("应于 2026-11-20 前复核，已超 1 天",)),
    ],
)
def test_a_review_is_announced_seven_days_ahead_and_missed_the_day_after(
    days_since_verified: int, expected: State, reasons: tuple[str, ...]
) -> None:
    article = make_article(verified=TODAY - timedelta(days=days_since_verified))

    freshness = assess(article, POLICY, TODAY)

    assert (freshness.state, freshness.reasons) == (expected, reasons)


def test_what_is_in_the_top_list_is_reviewed_weekly() -> None:
    verified = TODAY - timedelta(days=8)

    assert state(verified=verified, in_top=False) is State.FRESH
    assert state(verified=verified, in_top=True) is State.STALE


@pytest.mark.parametrize("in_top", [False, True])
def test_an_interval_of_the_article_overrides_the_policy(in_top: bool) -> None:
    article = make_article(verified=date(2026, 8, 31), review_every=Interval(3, "m"))

    assert assess(article, POLICY, TODAY, in_top).due == date(2026, 11, 30)


def test_what_nobody_verified_is_overdue_from_its_first_day() -> None:
    freshness = assess(make_article(created=date(2026, 11, 1), updated=date(2026, 11, 20)), POLICY, TODAY)

    assert (freshness.state, freshness.reasons) == (State.NEVER_VERIFIED, ("从未审核",))
    assert (freshness.due, freshness.days_overdue) == (None, 20)


@pytest.mark.parametrize(
    ("dates", "days"),
    [({}, 0), ({"updated": date(2026, 11, 20)}, 1), ({"created": date(2027, 1, 1)}, 0)],
)
def test_days_overdue_of_the_never_verified_use_the_date_that_is_known(dates: dict[str, date], days: int) -> None:
    assert assess(make_article(**dates), POLICY, TODAY).days_overdue == days


def test_days_overdue_count_from_the_deadline_missed_first() -> None:
    article = make_article(valid_to=date(2026, 6, 30), verified=date(2026, 10, 1))

    assert assess(article, POLICY, TODAY).days_overdue == (TODAY - date(2026, 6, 30)).days


def test_an_edit_after_the_verification_needs_a_new_one() -> None:
    assert state(verified=TODAY, updated=TODAY) is State.FRESH
    assert state(verified=TODAY - timedelta(days=1), updated=TODAY) is State.CHANGED


def test_an_answer_is_not_served_before_it_is_valid() -> None:
    article = make_article(valid_from=date(2026, 12, 1), verified=TODAY)

    before, after = assess(article, POLICY, TODAY), assess(article, POLICY, date(2026, 12, 1))

    assert not before.servable
    assert before.reasons == ("自 2026-12-01 起生效，目前尚未生效",)
    assert after.servable


@pytest.mark.parametrize(("days_ahead", "told"), [(0, False), (1, False), (2, True), (9999, True)])
@pytest.mark.parametrize(("field", "name"), [("verified", "审核日期"), ("updated", "更新日期")])
def test_a_day_that_has_come_nowhere_on_earth_is_told(field: str, name: str, days_ahead: int, told: bool) -> None:
    """Tomorrow is today in another time zone, and after a clock was set back across midnight."""
    day = TODAY + timedelta(days=days_ahead)

    slip = misdated(make_article(**{field: day}), TODAY)

    assert (slip is not None and slip.text == f"{name} {day} 还没有到") == told


def test_judging_an_earlier_day_is_no_slip() -> None:
    article = make_article(verified=TODAY, updated=TODAY)

    assert assess(article, POLICY, TODAY - timedelta(days=90)).state is State.FRESH
    assert misdated(article, TODAY) is None


def test_an_answer_that_is_never_valid_is_never_served() -> None:
    article = make_article(valid_from=date(2026, 12, 1), valid_to=date(2026, 11, 1), verified=TODAY)

    freshness = assess(article, POLICY, TODAY)

    assert (freshness.state, freshness.servable) == (State.EXPIRED, False)


CHOOSY = Policy(
    by_kind={"policy": Interval(7, "d"), "case": Interval(90, "d")},
    by_priority={"urgent": Interval(3, "d")},
    by_owner={"售后业务部": Interval(14, "d")},
)


@pytest.mark.parametrize(
    ("fields", "in_top", "days"),
    [
        ({}, False, 30),
        ({"kind": "case"}, False, 90),
        ({"kind": "case", "owner": "售后业务部"}, False, 14),
        ({"kind": "policy", "owner": "售后业务部"}, False, 7),
        ({"kind": "policy", "owner": "售后业务部", "priority": "urgent"}, False, 3),
        ({"kind": "case", "owner": "物流业务部", "priority": "general"}, False, 90),
        ({"kind": "case"}, True, 7),
        ({"priority": "urgent"}, True, 3),
        ({"priority": "urgent", "review_every": Interval(60, "d")}, True, 60),
    ],
)
def test_the_shortest_of_the_houses_intervals_holds_unless_the_article_says_otherwise(
    fields: dict[str, object], in_top: bool, days: int
) -> None:
    article = make_article(verified=TODAY, **fields)

    assert assess(article, CHOOSY, TODAY, in_top).due == TODAY + timedelta(days=days)


@pytest.mark.parametrize("day", [date.min, date(1970, 1, 1), date.max])
def test_the_ends_of_the_calendar_are_days_like_others(day: date) -> None:
    article = make_article(verified=TODAY, updated=TODAY, created=date.min, valid_from=date.min, valid_to=date.max)

    assert assess(article, POLICY, day).state is (State.STALE if day == date.max else State.FRESH)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Niue"])
def test_the_machines_time_zone_makes_no_difference(zone: str) -> None:
    """Around the days on which clocks are changed in New York, too."""
    program = """
import datetime
from kb.model import KINDS, PRIORITIES, Article, Folder
from kb.rules.freshness import Policy, assess
from tests.unit.article_factory import make_article
first = datetime.date(2026, 3, 7)
for day in (first + datetime.timedelta(days=n) for n in range(260)):
    print(day, assess(make_article(verified=first), Policy(), day))
"""

    def answers(name: str) -> bytes:
        environment = {**os.environ, "TZ": name}
        return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True).stdout

    assert answers(zone) == answers("Europe/Berlin") != b""


def test_an_outdated_answer_ranks_lower_but_is_never_lost() -> None:
    factors = {state: ranking_factor(state) for state in State}

    assert 0.5 < factors.pop(State.EXPIRED) < factors.pop(State.STALE) < 1
    assert set(factors.values()) == {1.0}


@given(articles, st.dates(), policies, st.booleans())
def test_the_state_is_the_first_one_that_holds(article: Article, as_of: date, policy: Policy, in_top: bool) -> None:
    freshness = assess(article, policy, as_of, in_top)
    due, verified = freshness.due, article.verified is not None
    holding = {
        State.EXPIRED: article.valid_to is not None and article.valid_to < as_of,
        State.STALE: due is not None and due < as_of,
        State.NEVER_VERIFIED: not verified,
        State.CHANGED: bool(article.verified and article.updated and article.updated > article.verified),
        State.DUE: due is not None and as_of <= due <= _days_after(as_of, 7),
        State.FRESH: True,
    }

    assert freshness.state is next(state for state, holds in holding.items() if holds)
    assert len(freshness.reasons) == sum(holding.values()) - 1 + (not freshness.servable)
    assert (due is not None) is verified


@given(articles, st.dates(), st.dates(), policies, st.booleans())
def test_time_alone_never_makes_an_article_fresher(
    article: Article, one: date, other: date, policy: Policy, in_top: bool
) -> None:
    first, second = sorted((one, other))
    states = list(State)
    earlier, later = (assess(article, policy, day, in_top) for day in (first, second))

    assert states.index(later.state) <= states.index(earlier.state)
    assert later.days_overdue >= earlier.days_overdue >= 0
    assert later.servable >= earlier.servable


@given(articles, st.dates(), policies)
def test_being_asked_for_never_gives_an_article_more_time(article: Article, as_of: date, policy: Policy) -> None:
    usual, in_top = (assess(article, policy, as_of, top).due for top in (False, True))

    assert (usual is None) == (in_top is None)
    if usual and in_top and article.verified:
        own = article.review_every
        assert in_top == (add_interval(article.verified, own) if own else min(usual, in_top))
        assert own or in_top <= add_interval(article.verified, policy.top_interval)


@given(st.dates(), st.integers(1, 5000), st.integers(1, 4999), st.sampled_from("dwm"))
def test_intervals_add_up(day: date, one: int, other: int, unit: str) -> None:
    """Months from the first of a month, where no month is too short."""
    day = day.replace(day=1) if unit == "m" else day

    whole = add_interval(day, Interval(one + other, unit))

    assert whole in (add_interval(add_interval(day, Interval(one, unit)), Interval(other, unit)), date.max)


@given(st.dates(max_value=date(2900, 1, 1)), st.integers(1, 9999))
def test_adding_months_lands_in_the_right_month_on_the_same_or_its_last_day(day: date, count: int) -> None:
    result = add_interval(day, Interval(count, "m"))

    assert (result.year * 12 + result.month) - (day.year * 12 + day.month) == count
    assert result.day == min(day.day, calendar.monthrange(result.year, result.month)[1])


@given(st.dates(), st.dates(), intervals)
def test_who_is_verified_later_is_due_no_earlier(one: date, other: date, interval: Interval) -> None:
    earlier, later = sorted((one, other))

    assert earlier <= add_interval(earlier, interval) <= add_interval(later, interval)


@pytest.mark.parametrize(
    ("day", "interval", "expected"),
    [
        (date(2024, 2, 29), Interval(12, "m"), date(2025, 2, 28)),
        (date(2024, 2, 29), Interval(48, "m"), date(2028, 2, 29)),
        (date(2026, 12, 31), Interval(2, "m"), date(2027, 2, 28)),
        (date(2026, 11, 21), Interval(2, "w"), date(2026, 12, 5)),
        (date(2026, 11, 21), Interval(45, "d"), date(2027, 1, 5)),
        (date(9999, 12, 1), Interval(1, "m"), date.max),
        (date(9999, 12, 1), Interval(9999, "w"), date.max),
    ],
)
def test_intervals_follow_the_calendar(day: date, interval: Interval, expected: date) -> None:
    assert add_interval(day, interval) == expected


def _days_after(day: date, days: int) -> date:
    return day + timedelta(days=min(days, (date.max - day).days))


@given(articles, policies, st.dates())
def test_valid_is_what_is_servable_and_not_expired(article: Article, policy: Policy, day: date) -> None:
    verdict = assess(article, policy, day)
    assert is_valid(article, day) == (verdict.servable and verdict.state is not State.EXPIRED)
