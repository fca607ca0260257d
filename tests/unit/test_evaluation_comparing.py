"""Two runs compared: who won, who lost, and a test that doesn't call chance a difference."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.evaluation.comparing import as_json, changes, differences, pair
from kb.evaluation.measures import DEPTH
from kb.evaluation.significance import paired_test

RANKS = st.integers(0, DEPTH)
PAIRS = st.dictionaries(st.integers(0, 200).map(str), st.tuples(RANKS, RANKS), min_size=1)
quick = settings(max_examples=30)


def test_ranks_before_and_after_of_every_judged_query() -> None:
    before = {"q1": ["a", "b"], "q2": ["x", "y", "b"], "unjudged": ["a"]}
    after = {"q1": ["b", "a"], "q3": ["c"]}
    pairs = pair(before, after, {"q1": {"a"}, "q2": {"b"}, "q3": {"c"}, "q4": {"d"}})
    assert pairs == {"q1": (1, 2), "q2": (3, 0), "q3": (0, 1), "q4": (0, 0)}


def test_measures_count_who_won_and_who_lost() -> None:
    found = differences([{"up": (3, 1), "new": (0, 3), "down": (1, 2), "same": (1, 1), "never": (0, 0)}])
    at_1, at_3, mrr = found["recall@1"], found["recall@3"], found["mrr@10"]
    assert (at_1.won, at_1.lost, at_1.same) == (1, 1, 3)
    assert (at_1.before, at_1.after) == pytest.approx((2 / 5, 2 / 5))
    assert (at_3.won, at_3.lost, at_3.same) == (1, 0, 4)
    assert (mrr.won, mrr.lost, mrr.same) == (2, 1, 2)
    assert mrr.test.difference == pytest.approx((2 / 3 + 1 / 3 - 1 / 2) / 5)


def test_the_greatest_changes_come_first() -> None:
    pairs = {"same": (2, 2), "little": (2, 3), "gone": (1, 0), "found": (0, 1), "some": (4, 1)}
    assert [(c.qid, c.gain) for c in changes(pairs)] == [
        ("found", 1.0),
        ("gone", -1.0),
        ("some", 0.75),
        ("little", pytest.approx(-1 / 6)),
    ]


def test_the_document_names_texts_where_they_are_known_and_null_for_no_rank() -> None:
    document = as_json({"q1": (0, 1), "q2": (1, 2)}, {"q1": "退款"})
    assert document["queries"] == 2
    assert set(document["measures"]) == {"mrr@10", "recall@1", "recall@3"}
    assert set(document["measures"]["recall@1"]) == {
        "before", "after", "won", "lost", "same", "difference", "low", "high", "p",
    }  # fmt: skip
    assert document["changes"] == [
        {"qid": "q1", "text": "退款", "before": None, "after": 1, "gain": 1.0},
        {"qid": "q2", "text": None, "before": 1, "after": 2, "gain": -0.5},
    ]


@quick
@given(PAIRS)
def test_equal_runs_differ_by_nothing(pairs: Mapping[str, tuple[int, int]]) -> None:
    equal = {qid: (before, before) for qid, (before, _) in pairs.items()}
    assert changes(equal) == []
    for found in differences([equal]).values():
        assert (found.won, found.lost, found.same) == (0, 0, len(pairs))
        assert (found.test.difference, found.test.low, found.test.high, found.test.p) == (0, 0, 0, 1)


@quick
@given(PAIRS)
def test_swapping_the_runs_mirrors_everything(pairs: Mapping[str, tuple[int, int]]) -> None:
    swapped = {qid: (after, before) for qid, (before, after) in pairs.items()}
    for name, found in differences([pairs]).items():
        mirrored = differences([swapped])[name]
        assert (found.won, found.lost, found.before) == (mirrored.lost, mirrored.won, mirrored.after)
        assert found.test.difference == pytest.approx(-mirrored.test.difference)
        assert found.test.p == mirrored.test.p


@quick
@given(PAIRS)
def test_p_is_a_probability_and_the_interval_holds_the_difference(pairs: Mapping[str, tuple[int, int]]) -> None:
    for found in differences([pairs]).values():
        assert 0 < found.test.p <= 1
        assert found.test.low - 1e-9 <= found.test.difference <= found.test.high + 1e-9
        assert -1 <= found.test.low <= found.test.high <= 1


@pytest.mark.parametrize("gains", [[1.0] * 5, [1.0, 1.0, 1.0, -1.0, 0.5, 0.25], [0.5, -0.25, 0.75, 1.0, 1.0, 0.0, 1.0]])
def test_p_is_the_share_of_all_sign_flips_that_get_as_far(gains: list[float]) -> None:
    means = [
        sum(sign * gain for sign, gain in zip(signs, gains, strict=True))
        for signs in product((1, -1), repeat=len(gains))
    ]
    exact = np.mean([abs(mean) >= abs(sum(gains)) - 1e-9 for mean in means])
    assert paired_test([np.array(gains)]).p == pytest.approx(exact, abs=0.02)


def test_the_interval_is_as_wide_as_theory_says() -> None:
    gains = np.array([1.0] * 120 + [0.0] * 220 + [-1.0] * 60)
    found = paired_test([gains])
    half = 1.96 * gains.std() / np.sqrt(gains.size)
    assert (found.low, found.high) == pytest.approx((gains.mean() - half, gains.mean() + half), abs=0.01)
    assert found.p < 0.001


def test_sets_weigh_the_same_however_many_queries_they_have() -> None:
    many, few = {str(n): (0, 0) for n in range(1000)}, {str(n): (0, 1) for n in range(20)}
    found = differences([many, few])["recall@1"]
    assert (found.before, found.after) == (0.0, 0.5)
    assert found.test.difference == 0.5
    assert found.test.p < 0.001
    assert (found.won, found.same) == (20, 1000)
