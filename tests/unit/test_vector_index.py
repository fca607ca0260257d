"""Nearness of a question to articles: what raises it and what doesn't, on vectors that are made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import EmbedderError
from kb.model import Script
from kb.ports.embedder import Vectors, content_key
from kb.rules.paraphrases import BACKGROUND
from kb.rules.vector_index import ArticleTexts, Neighbours, VectorIndex, embedded_form, needed_texts
from tests.unit.article_factory import make_article

DIMENSIONS = 16
#: by so much a learned question has to be nearer than the wordings of its article
MARGIN = 0.04
FAR = np.eye(DIMENSIONS, dtype=np.float32)[-1]


def unit_rows(count: int, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def index_of(articles: Sequence[ArticleTexts], vectors: Mapping[str, Vectors]) -> VectorIndex:
    """Texts without a vector here are far from everything. What all have in common is nothing: the questions about
    anything lie opposite to one another.
    """
    background = {embedded_form(text): (-1) ** n * FAR for n, text in enumerate(BACKGROUND)}
    known = {content_key(text): vector for text, vector in {**background, **vectors}.items()}
    return VectorIndex(articles, lambda keys: np.array([known.get(key, FAR) for key in keys]).reshape(-1, DIMENSIONS))


def between(one: Vectors, other: Vectors, share: float) -> Vectors:
    """A unit vector that has a cosine of ``share`` with ``one``, in the plane of both, which are orthogonal."""
    mixed: Vectors = np.float32(share) * one + np.float32((1 - share**2) ** 0.5) * other
    return mixed


def meaning(found: Neighbours) -> dict[str, float]:
    return dict(zip(found.ids, map(float, found.meaning), strict=True))


def learned(found: Neighbours) -> dict[str, float]:
    return dict(zip(found.ids, map(float, found.learned), strict=True))


@given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=8), seed=st.integers(0, 99))
def test_asked_in_an_articles_own_words_nothing_is_nearer(counts: list[int], seed: int) -> None:
    rows = iter(unit_rows(sum(counts) + len(counts), seed))
    articles: list[ArticleTexts] = []
    vectors: dict[str, Vectors] = {}
    for n, count in enumerate(counts):
        texts = [f"{n} {number}" for number in range(count + 1)]
        vectors |= dict(zip(texts, rows, strict=False))
        articles.append(ArticleTexts(f"a{n}", tuple(texts[:-1]), texts[-1]))
    index = index_of(articles, vectors)
    for place, article in enumerate(articles):
        for text in article.wordings:
            found = index.neighbours(vectors[text])
            assert found.ids == tuple(one.id for one in articles)
            assert found.nearest[place] == pytest.approx(1, abs=1e-4)
            assert (found.nearest <= 1 + 1e-4).all()
            assert np.isfinite([found.nearest, found.meaning, found.learned]).all()
            assert (found.meaning >= 0).all()
            assert not found.learned.any(), "nothing was learned"


def test_what_brings_a_question_nearer_to_an_article() -> None:
    asked, other = np.eye(DIMENSIONS, dtype=np.float32)[:2]
    near, middling, far = (between(asked, other, share) for share in (0.9, 0.5, 0.1))
    articles = {
        "title": (near, far, far),
        "question": (far, near, far),
        "content": (far, far, near),
        "all": (near, near, near),
        "somewhat": (middling, middling, middling),
        "none": (far, far, far),
    }
    vectors = {f"{name}{n}": vector for name, three in articles.items() for n, vector in enumerate(three)}
    found = meaning(
        index_of([ArticleTexts(name, (f"{name}0", f"{name}1"), f"{name}2") for name in articles], vectors).neighbours(
            asked
        )
    )
    assert found["all"] > found["title"] > found["question"] > found["none"], "the title counts for itself, too"
    assert found["all"] > found["content"] > found["none"]
    assert found["all"] > found["somewhat"] > found["none"]


def test_more_wordings_that_are_far_make_no_difference() -> None:
    asked, other = np.eye(DIMENSIONS, dtype=np.float32)[:2]
    vectors = {"t": between(asked, other, 0.6), "q": between(asked, other, 0.8), "r": other, "s": -asked}
    index = index_of([ArticleTexts("few", ("t", "q"), "c"), ArticleTexts("many", ("t", "q", "r", "s"), "c")], vectors)
    found = meaning(index.neighbours(asked))
    assert found["few"] == pytest.approx(found["many"])


@given(
    cosines=st.lists(st.floats(-0.99, 0.99), min_size=1, max_size=6),
    trusts=st.lists(st.floats(0, 1), min_size=6, max_size=6),
    own=st.floats(-0.9, 0.9),
)
def test_learned_questions_never_lower_and_never_raise_others(
    cosines: list[float], trusts: list[float], own: float
) -> None:
    asked, other = np.eye(DIMENSIONS, dtype=np.float32)[:2]
    vectors = {f"l{n}": between(asked, other, cosine) for n, cosine in enumerate(cosines)}
    vectors |= {"t": between(asked, other, own), "u": between(asked, other, own)}
    taught = tuple(zip(vectors, trusts, strict=False))[: len(cosines)]
    plain = index_of([ArticleTexts("a", ("t",), "c"), ArticleTexts("b", ("u",), "d")], vectors).neighbours(asked)
    found = index_of([ArticleTexts("a", ("t",), "c", taught), ArticleTexts("b", ("u",), "d")], vectors).neighbours(
        asked
    )
    assert np.allclose(found.meaning, plain.meaning, atol=1e-6), "meaning is that of what the article says itself"
    assert found.nearest[1] == pytest.approx(plain.nearest[1])
    assert found.nearest[0] >= plain.nearest[0] - 1e-6
    assert learned(found)["b"] == 0
    gains = [trust * (cosine - own - MARGIN) for (_, trust), cosine in zip(taught, cosines, strict=True)]
    assert (learned(found)["a"] > 1e-4) == (max(gains) > 1e-3) or abs(max(gains)) < 0.01
    assert learned(found)["a"] >= 0


def test_a_learned_question_counts_by_trust_and_number_counts_nothing() -> None:
    asked, other = np.eye(DIMENSIONS, dtype=np.float32)[:2]
    texts = {"t": other, "l": between(asked, other, 0.9), "m": between(asked, other, 0.5)}
    ways = {
        "trusted": (("l", 1.0),),
        "half": (("l", 0.5),),
        "not": (("l", 0.0),),
        "many": (("l", 1.0), *(("m", 1.0),) * 20),
        "none": (),
    }
    index = index_of([ArticleTexts(name, ("t",), "c", taught) for name, taught in ways.items()], texts)
    gained = learned(index.neighbours(asked))
    assert gained["trusted"] > gained["half"] > 0
    assert gained["half"] == pytest.approx(gained["trusted"] / 2)
    assert gained["not"] == gained["none"] == 0
    assert gained["many"] == gained["trusted"]


def test_no_articles_have_no_neighbours() -> None:
    found = index_of([], {}).neighbours(unit_rows(1, 0)[0])
    assert (found.ids, len(found.nearest), len(found.meaning), len(found.learned)) == ((), 0, 0, 0)
    assert needed_texts([ArticleTexts("a", ("甲",), "乙")]).keys() > needed_texts([]).keys()


def test_vectors_of_another_dimension_are_refused() -> None:
    index = index_of([ArticleTexts("a", ("t",), "c")], {})
    with pytest.raises(EmbedderError, match=r"8 维.*16 维"):
        index.neighbours(np.ones(8, np.float32))


def test_what_is_embedded_of_an_article() -> None:
    scripts = (Script("电话", "电话里说的"), Script(None, "您好，\n可以退。" + "长" * 300))
    questions = ("ＡＰＰ怎么退", "app怎么退", "  ", "长" * 300)
    article = make_article("a", title="未收到貨退款", questions=questions, scripts=scripts)
    texts = ArticleTexts.of(article, [("錢啥時候回來", 0.5)])
    assert texts.wordings == ("未收到货退款", "app怎么退", "长" * 200)
    assert texts.content.startswith("未收到货退款 您好")
    assert "\n" not in texts.content
    assert len(texts.content) == 100
    assert texts.learned == (("钱啥时候回来", 0.5),)
    assert set(needed_texts([texts]).values()) > {*texts.wordings, texts.content, "钱啥时候回来"}


def test_an_article_that_says_nothing_yet_is_embedded_by_its_title() -> None:
    texts = ArticleTexts.of(make_article("a", title="退款", scripts=(), questions=()))
    assert (texts.wordings, texts.content, texts.learned) == (("退款",), "退款", ())
