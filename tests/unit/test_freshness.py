"""The freshness rule: examples at its boundaries, properties over all dates."""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import Article, Interval, State
from kb.rules.freshness import Policy, add_interval, assess, ranking_factor
from tests.unit.article_factory import articles, intervals, make_article

TODAY = date(2026, 11, 21)
POLICY = Policy()


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


def test_an_outdated_answer_ranks_lower_but_is_never_lost() -> None:
    factors = {state: ranking_factor(state) for state in State}

    assert 0.5 < factors.pop(State.EXPIRED) < factors.pop(State.STALE) < 1
    assert set(factors.values()) == {1.0}


@given(articles, st.dates(), st.booleans())
def test_the_state_is_the_first_one_that_holds(article: Article, as_of: date, in_top: bool) -> None:
    freshness = assess(article, POLICY, as_of, in_top)
    due = freshness.due
    holding = {
        State.EXPIRED: article.valid_to is not None and article.valid_to < as_of,
        State.STALE: due is not None and due < as_of,
        State.NEVER_VERIFIED: article.verified is None,
        State.CHANGED: bool(article.verified and article.updated and article.updated > article.verified),
        State.DUE: due is not None and as_of <= due <= _days_after(as_of, 7),
        State.FRESH: True,
    }

    assert freshness.state is next(state for state, holds in holding.items() if holds)
    assert len(freshness.reasons) == sum(holding.values()) - 1 + (not freshness.servable)


@given(articles, st.dates(), st.dates(), st.booleans())
def test_time_alone_never_makes_an_article_fresher(article: Article, one: date, other: date, in_top: bool) -> None:
    states = list(State)
    earlier, later = (assess(article, POLICY, day, in_top) for day in sorted((one, other)))

    assert states.index(later.state) <= states.index(earlier.state)
    assert later.days_overdue >= earlier.days_overdue >= 0
    assert later.servable >= earlier.servable


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
