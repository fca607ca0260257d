"""Nearness of a question to articles, against the plain definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import EmbedderError
from kb.ports.embedder import Vectors
from kb.rules.vector_index import ArticleTexts, VectorIndex
from tests.unit.article_factory import make_article


def unit_rows(count: int, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=8), seed=st.integers(0, 99))
def test_title_is_the_first_row_and_best_the_nearest(counts: list[int], seed: int) -> None:
    rows = dict(zip((bytes([n]) for n in range(sum(counts))), unit_rows(sum(counts), seed), strict=True))
    keys = iter(rows)
    articles = [(f"a{n}", [next(keys) for _ in range(count)]) for n, count in enumerate(counts)]
    index = VectorIndex(articles, lambda wanted: np.array([rows[key] for key in wanted]))
    query = unit_rows(1, seed + 100)[0]
    found = index.neighbours(query)
    assert found.ids == tuple(name for name, _ in articles)
    for name, own in articles:
        cosines = [float(rows[key] @ query) for key in own]
        assert found.of(name) == pytest.approx((cosines[0], max(cosines)), abs=1e-6)
    assert found.of("somebody else") is None


def test_no_articles_have_no_neighbours() -> None:
    found = VectorIndex([], lambda _: np.zeros((0, 0), np.float32)).neighbours(unit_rows(1, 0)[0])
    assert (found.ids, len(found.title), len(found.best)) == ((), 0, 0)


def test_vectors_of_another_dimension_are_refused() -> None:
    index = VectorIndex([("a", [b""])], lambda _: np.ones((1, 3), np.float32))
    with pytest.raises(EmbedderError, match=r"8 维.*3 维"):
        index.neighbours(unit_rows(1, 0)[0])


def test_what_is_embedded_of_an_article() -> None:
    article = make_article("a", title="未收到貨退款", questions=("ＡＰＰ怎么退", "app怎么退", "  ", "长" * 300))
    assert ArticleTexts.of(article).texts == ("未收到货退款", "app怎么退", "长" * 200)
