"""What meaning and learned questions add to the score of words."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.fusion import NEAR, Added, ByMeaning, ByWords
from kb.rules.vector_index import Neighbours

shares = st.floats(0, 1, width=32)


def neighbours(nearest: list[float], meaning: list[float], learned: list[float] | None = None) -> Neighbours:
    ids = tuple(f"a{n}" for n in range(len(nearest)))
    near, means, taught = (np.array(column, np.float32) for column in (nearest, meaning, learned or [0.0] * len(ids)))
    return Neighbours(ids, near, means, taught, {name: place for place, name in enumerate(ids)})


@given(st.lists(st.tuples(st.floats(-1, 1, width=32), shares, shares), max_size=60))
def test_what_is_found_by_meaning_is_near_and_not_too_much(rows: list[tuple[float, float, float]]) -> None:
    nearest, meaning, learned = ([row[n] for row in rows] for n in range(3))
    found = ByMeaning.of(neighbours(nearest, meaning, learned)).found
    places = [int(name[1:]) for name in found]
    assert len(found) == len(set(found)) <= 20
    assert all(np.float32(nearest[place]) >= np.float32(NEAR) for place in places)
    added = [np.float32(meaning[place]) + np.float32(learned[place]) for place in places]
    assert added == sorted(added, reverse=True), "the likeliest first"


def test_what_is_near_is_found() -> None:
    assert ByMeaning.of(neighbours([0.9, 0.1, 0.5], [0.7, 0.9, 0.3])).found == ("a0", "a2")
    assert ByMeaning.of(neighbours([0.4, 0.4], [0.2, 0.1], [0.0, 0.3])).found == ("a1", "a0"), "learned questions count"
    assert ByMeaning.of(neighbours([], [])).found == ()


def test_every_article_with_vectors_gets_what_is_its_own() -> None:
    added = ByMeaning.of(neighbours([0.9, 0.1], [0.5, 0.25], [0.0, 0.125])).to({"a1": 0.3, "a0": 0.2})
    assert added == {"a0": Added(0.5, 0.0), "a1": Added(0.25, 0.125)}


@given(rows=st.lists(st.tuples(shares, shares), min_size=1, max_size=8), new=st.lists(shares, min_size=1, max_size=3))
def test_who_has_no_vectors_yet_is_guessed_by_words(rows: list[tuple[float, float]], new: list[float]) -> None:
    meaning, words = ([row[n] for row in rows] for n in range(2))
    wanted = {f"a{n}": share for n, share in enumerate(words)} | {f"new{n}": share for n, share in enumerate(new)}
    added = ByMeaning.of(neighbours([0.5] * len(rows), meaning)).to(wanted)
    assert added.keys() == wanted.keys()
    for n, share in enumerate(new):
        guessed = added[f"new{n}"]
        assert 0 <= guessed.meaning <= max(meaning)
        assert guessed.learned == 0
        if share >= max(words) > 0:
            assert guessed.meaning == max(meaning), "as near in words as the best, as near in meaning"


def test_when_all_are_new_none_has_an_advantage() -> None:
    added = ByMeaning.of(neighbours([], [])).to({"new": 0.4, "newer": 0.2})
    assert added == {"new": Added(), "newer": Added()}


def test_without_a_model_learned_words_are_all_there_is() -> None:
    additions = ByWords.of({"b": 0.1, "a": 0.1, "c": 0.15})
    assert additions.found == ("c", "a", "b")
    assert additions.to({"a": 0.5, "other": 0.9}) == {"a": Added(learned=0.1)}
    assert len(ByWords.of({f"a{n}": 0.1 for n in range(50)}).found) == 20
    assert ByWords.of({}).found == ()
