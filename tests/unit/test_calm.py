"""When the background work that takes seconds may begin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.upkeep import Calm


def test_it_begins_at_once_where_nobody_edits() -> None:
    assert Calm(2, 30, clock=lambda: 0.0).has_come()


@given(st.lists(st.tuples(st.floats(0.1, 5), st.booleans()), max_size=60))
def test_it_waits_for_a_pause_between_edits_but_never_too_long(steps: list[tuple[float, bool]]) -> None:
    """Whoever looks at each step does it as soon as it may be done."""
    now, edited, done = 100.0, 100.0, 100.0
    calm = Calm(2, 30, clock=lambda: now)
    calm.disturb()
    calm.use()
    for pause, edits in steps:
        now += pause
        assert calm.has_come() == (now - edited >= 2 or now - done >= 30)
        if calm.has_come():
            calm.use()
            done = now
        if edits:
            calm.disturb()
            edited = now


@pytest.mark.parametrize(("took", "rest"), [(0.01, 0.1), (5, 50), (300, 60)])
def test_what_took_long_rests(took: float, rest: float) -> None:
    now = 100.0
    calm = Calm(2, 30, clock=lambda: now)
    calm.use(took)
    now += rest - 0.05
    assert not calm.has_come()
    now += 0.1
    assert calm.has_come()
