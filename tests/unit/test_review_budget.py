"""The review budget: the fewest articles that take the most risk away, exact in half minutes."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.review_budget import Plan, Task, plan, review_minutes

_tasks = st.lists(st.builds(Task, st.integers(0, 30), st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.5, 15.0])), max_size=9)


def test_two_short_reviews_beat_a_long_one_that_is_riskier_than_each() -> None:
    tasks = [Task(100, 10), Task(60, 5), Task(60, 5)]

    assert plan(tasks, 10) == Plan((1, 2), 10, 120 / 220)


def test_the_plan_is_as_small_as_it_can_be() -> None:
    tasks = [Task(10, 1), Task(10, 1), Task(20, 2)]

    assert plan(tasks, 2) == Plan((2,), 2, 0.5)


def test_what_has_no_risk_comes_after_all_that_has() -> None:
    tasks = [Task(0, 1), Task(5, 4), Task(0, 9), Task(0, 1), Task(0, 1)]

    assert plan(tasks, 4).chosen == (1,)
    assert plan(tasks, 6) == Plan((0, 1, 3), 6, 1)
    assert plan([Task(0, 1), Task(9, 8)], 5).chosen == (), "time is left, but so is risk"


def test_a_new_house_without_use_gets_a_worklist_too() -> None:
    assert plan([Task(0, 2), Task(0, 2), Task(0, 2)], 5) == Plan((0, 1), 4, 1)


@pytest.mark.parametrize("minutes", [0, 0.4])
def test_no_time_no_work(minutes: float) -> None:
    assert plan([Task(1, 0.5), Task(0, 0.5)], minutes) == Plan((), 0, 0)


def test_times_are_rounded_to_the_safe_side() -> None:
    assert plan([Task(1, 1.1), Task(1, 1.4)], 2.9).minutes == 1.5


@given(_tasks, st.sampled_from([0.5, 1, 3, 7.5, 20, 60]))
def test_no_other_choice_takes_more_risk_away_or_as_much_with_fewer(tasks: list[Task], minutes: float) -> None:
    found = plan(tasks, minutes)
    risky = [i for i, task in enumerate(tasks) if task.risk]
    choices = [
        (sum(tasks[i].risk for i in some), -size)
        for size in range(len(risky) + 1)
        for some in combinations(risky, size)
        if sum(tasks[i].minutes for i in some) <= minutes
    ]
    chosen = [i for i in found.chosen if tasks[i].risk]
    covered, total = (sum(tasks[i].risk for i in some) for some in (chosen, risky))

    assert (covered, -len(chosen)) == max(choices)
    assert found.minutes == sum(tasks[i].minutes for i in found.chosen) <= minutes
    assert found.coverage == (covered / total if total else 1)
    assert list(found.chosen) == sorted(set(found.chosen))


@given(_tasks, st.integers(0, 40))
def test_more_time_never_covers_less(tasks: list[Task], minutes: int) -> None:
    assert plan(tasks, minutes).coverage <= plan(tasks, minutes + 1).coverage


def test_huge_risks_are_told_apart_to_the_last_one() -> None:
    most = 10**17
    assert plan([Task(most, 1), Task(most + 1, 1)], 1).chosen == (1,)


@pytest.mark.parametrize(
    ("characters", "minutes"), [(0, 1), (130, 1), (131, 1.5), (260, 1.5), (1000, 4.5), (10**6, 15)]
)
def test_longer_articles_take_longer_within_reason(characters: int, minutes: float) -> None:
    assert review_minutes(characters) == minutes
