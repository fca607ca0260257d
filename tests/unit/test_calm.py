"""When the background work that takes seconds may begin."""

from __future__ import annotations

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
