"""A year of 500 articles: every evening the queue is what people's doings make of it, no more and no less."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import cast

import pytest

from kb.model import State, Verdict
from kb.rules.weeks import Week
from tests.review_year import ARTICLES, DAYS, House, Today, last_day


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("year"))


@pytest.fixture(scope="module")
def year(house: House) -> list[Today]:
    """Every evening of it."""
    return list(house.live())


def test_nothing_due_is_missing_and_nothing_fresh_is_listed(year: list[Today]) -> None:
    assert len(year) == DAYS
    for evening in year:
        assert {item.id: item.state.value for item in evening.queue} == evening.expected, evening.day


def test_nothing_is_listed_twice_and_counts_add_up(year: list[Today]) -> None:
    for evening in year:
        states = Counter(item.state for item in evening.queue)
        flagged = {item.id for item in evening.queue if item.signals}
        fresh = evening.published - len(evening.queue) + states[State.FRESH]
        assert sum(states.values()) == len({item.id for item in evening.queue})
        assert flagged == evening.sent_back
        assert 0 <= fresh <= evening.published <= ARTICLES


def test_the_riskiest_comes_first(year: list[Today]) -> None:
    for evening in year:
        reckoned = sorted(
            evening.expected,
            key=lambda i: (-evening.exposed[i] * evening.missed[i], evening.expected[i] != "expired", i),
        )
        assert [item.id for item in evening.queue] == reckoned, evening.day
        assert {item.id: item.days_overdue for item in evening.queue} == evening.missed, evening.day


def test_every_day_of_the_calendar_has_its_articles_once(year: list[Today]) -> None:
    for evening in year:
        if not evening.calendar:
            continue
        tasks = Counter(task.id for day in evening.calendar for task in day.tasks)
        pressing = {i for i, state in evening.expected.items() if state != "due" or i in evening.sent_back}
        assert set(tasks.values()) <= {1}
        assert {task.id for day in evening.calendar if day.day == evening.day for task in day.tasks} >= pressing
        assert len(tasks) == evening.published, "everything is due within a year"


def test_the_year_was_worth_looking_at(year: list[Today]) -> None:
    """Every state comes and goes: else the rest would prove little."""
    seen = Counter(state for evening in year for state in evening.expected.values())
    assert set(seen) == {state.value for state in State}
    lengths = [len(evening.queue) for evening in year]
    assert 0 < min(lengths) < max(lengths) < ARTICLES
    assert any(evening.day == date(2028, 2, 29) for evening in year)


@pytest.mark.parametrize(
    ("verified", "every", "last"),
    [
        (date(2027, 7, 1), "10d", date(2027, 7, 11)),
        (date(2027, 7, 1), "3w", date(2027, 7, 22)),
        (date(2028, 1, 31), "1m", date(2028, 2, 29)),
        (date(2027, 1, 31), "1m", date(2027, 2, 28)),
        (date(2027, 8, 31), "6m", date(2028, 2, 29)),
        (date(2027, 12, 15), "1m", date(2028, 1, 15)),
    ],
)
def test_days_are_reckoned_as_people_do(verified: date, every: str, last: date) -> None:
    assert last_day(verified, every) == last
    assert last - verified > timedelta(0)


def test_the_trend_is_what_the_history_tells(house: House, year: list[Today]) -> None:
    """What was stored every Monday is what the whole history makes of those weeks a year later."""
    trend = house.reports.report().get("trend")
    assert trend is not None
    evenings = {evening.day: evening for evening in year}
    assert len(trend) == DAYS // 7 + 1
    for figures in trend[1:-1]:
        week = Week.parse(figures["week"])
        days = {week.monday + timedelta(days=number) for number in range(7)}
        said = Counter(verdict.value for day, verdict in house.given if day in days)
        assert figures["reviews"] == {verdict.value: said[verdict.value] for verdict in Verdict}
        states = cast("dict[str, int]", figures["states"])
        assert figures["articles"] == sum(states.values()) == evenings[week.sunday].published
        assert house.reports.computed(week)["figures"] == figures
