"""The metric learned from paraphrases, on vectors whose manner of speech is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kb.ports.embedder import Vectors
from kb.rules.paraphrases import ParaphraseMetric, mean_of

DIMENSIONS = 12
#: questions differ in meaning along the first axes, in manner of speech along the last two
MEANING = DIMENSIONS - 2


def unit(rows: NDArray[np.floating]) -> Vectors:
    made: Vectors = (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
    return made


def spoken(rng: np.random.Generator, meanings: Vectors, amount: float = 1.5) -> Vectors:
    """Each of ``meanings`` (n, MEANING) in a manner of speech of its own, which is stronger than what is meant."""
    return unit(np.hstack([meanings, amount * unit(rng.standard_normal((len(meanings), DIMENSIONS - MEANING)))]))


def house(articles: int, wordings: int, seed: int = 0) -> tuple[Vectors, Vectors, NDArray[np.intp], Vectors]:
    """Meanings of articles, the vectors of their wordings, where each begins, background."""
    rng = np.random.default_rng(seed)
    meanings = unit(rng.standard_normal((articles, MEANING)))
    vectors = spoken(rng, np.repeat(meanings, wordings, axis=0))
    background = spoken(rng, unit(rng.standard_normal((24, MEANING))))
    return meanings, vectors, np.arange(articles) * wordings, background


@given(articles=st.integers(1, 30), wordings=st.integers(1, 4), seed=st.integers(0, 50))
def test_what_is_placed_has_unit_length_and_trust_is_a_share(articles: int, wordings: int, seed: int) -> None:
    _, vectors, first, background = house(articles, wordings, seed)
    metric = ParaphraseMetric.learn(vectors, first, background)
    assert 0 <= metric.trust < 1
    assert metric.place(vectors).shape == vectors.shape
    assert np.allclose(np.linalg.norm(metric.place(vectors), axis=1), 1, atol=1e-4)
    assert np.allclose(metric.place(vectors)[0], metric.place(vectors[0]), atol=1e-5), "alone as among others"


def test_without_paraphrases_only_what_all_have_in_common_is_taken_away() -> None:
    _, vectors, first, background = house(50, 1)
    metric = ParaphraseMetric.learn(vectors, first, background)
    assert metric.trust == 0
    mean = np.vstack([vectors, background]).mean(axis=0)
    assert np.allclose(mean_of(vectors, background), mean, atol=1e-6)
    assert np.allclose(metric.place(vectors), unit(vectors - mean), atol=1e-5)


def test_what_other_texts_have_in_common_is_theirs() -> None:
    _, vectors, first, background = house(50, 1)
    metric = ParaphraseMetric.learn(vectors, first, background)
    shifted = vectors + np.float32(3)
    assert np.allclose(metric.place(shifted, shifted.mean(axis=0)), unit(vectors - vectors.mean(axis=0)), atol=1e-3)


def test_manner_of_speech_counts_less_the_better_it_is_known() -> None:
    meanings, vectors, first, background = house(300, 4)
    said = spoken(np.random.default_rng(99), meanings)
    learned = ParaphraseMetric.learn(vectors, first, background)
    unlearned = ParaphraseMetric.learn(vectors[first], np.arange(len(first)), background)

    def found(metric: ParaphraseMetric) -> float:
        nearest = (metric.place(said) @ metric.place(vectors[first]).T).argmax(axis=1)
        return float((nearest == np.arange(len(meanings))).mean())

    assert found(learned) > 1.5 * found(unlearned)
    along = np.zeros((2, DIMENSIONS), np.float32)
    along[0, 0], along[1, -1] = 1, 1
    assert learned.transform is not None
    meant, worded = np.linalg.norm(along @ learned.transform, axis=1)
    assert worded < meant


def test_trust_grows_with_paraphrases() -> None:
    trusts = []
    for wordings in (1, 2, 3, 5, 9):
        _, vectors, first, background = house(60, wordings)
        trusts.append(ParaphraseMetric.learn(vectors, first, background).trust)
    assert trusts == sorted(set(trusts))


def test_a_few_paraphrases_say_nothing() -> None:
    _, vectors, first, background = house(1, 19)
    assert ParaphraseMetric.learn(vectors, first, background).trust == 0


@pytest.mark.parametrize("vector", [np.zeros(DIMENSIONS), np.eye(DIMENSIONS)[0]])
def test_equal_vectors_are_no_trouble(vector: NDArray[np.float64]) -> None:
    same = np.tile(vector.astype(np.float32), (120, 1))
    metric = ParaphraseMetric.learn(same, np.arange(60) * 2, same[:24])
    for asked in (same, unit(np.ones((1, DIMENSIONS)))):
        assert np.isfinite(metric.place(asked)).all()
