"""What learned questions add by their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.learned_words import LearnedWords
from kb.rules.vector_index import ArticleTexts

OWN = ("未收到货退款", "没收到货怎么退款")
ASKED = "包裹没影了钱怎么办"

phrases = st.text(alphabet="退款货到钱卡怎么办查单", min_size=1, max_size=10)
learned = st.lists(st.tuples(phrases, st.floats(0, 1)), max_size=5).map(tuple)


def taught(*questions: tuple[str, float], own: tuple[str, ...] = OWN, name: str = "a") -> ArticleTexts:
    return ArticleTexts(name, own, own[0], questions)


def test_asked_as_learned_an_article_gains_as_far_as_it_is_trusted() -> None:
    full, half = (LearnedWords([taught((ASKED, trust))]).gains(ASKED)["a"] for trust in (1.0, 0.5))
    assert 0 < full <= 0.2
    assert half == pytest.approx(full / 2)
    assert LearnedWords([taught((ASKED, 0.0))]).gains(ASKED) == {}


def test_the_more_alike_the_more_is_gained() -> None:
    words = LearnedWords([taught((ASKED, 1.0))])
    gains = [words.gains(text).get("a", 0) for text in (ASKED, "包裹没影了怎么办", "包裹没影了", "没影儿", "开发票")]
    assert gains == sorted(gains, reverse=True)
    assert gains[1] > 0 == gains[-1]


def test_what_the_article_says_itself_is_nothing_gained() -> None:
    assert LearnedWords([taught((OWN[1], 1.0))]).gains(OWN[1]) == {}
    partly = LearnedWords([taught((ASKED, 1.0), own=("包裹没影了怎么办",))]).gains(ASKED)
    assert partly["a"] < LearnedWords([taught((ASKED, 1.0))]).gains(ASKED)["a"]


def test_many_learned_questions_are_worth_no_more_than_the_best_of_them() -> None:
    others = tuple((f"包裹没影了{word}", 1.0) for word in ("呢", "吗", "咋整", "求助", "急"))
    one, many = taught((ASKED, 1.0), name="one"), taught((ASKED, 1.0), *others, name="many")
    gains = LearnedWords([one, many]).gains(ASKED)
    assert gains["one"] == gains["many"]


def test_spelling_does_not_matter() -> None:
    words = LearnedWords([taught(("APP闪退怎么办", 1.0))])
    assert words.gains("ＡＰＰ閃退怎麼辦") == words.gains("app闪退怎么办") != {}


@given(
    articles=st.lists(st.tuples(st.lists(phrases, min_size=1, max_size=3).map(tuple), learned), max_size=5), q=phrases
)
def test_gains_are_bounded_and_independent_of_the_others(
    articles: list[tuple[tuple[str, ...], tuple[tuple[str, float], ...]]], q: str
) -> None:
    texts = [taught(*questions, own=own, name=f"a{n}") for n, (own, questions) in enumerate(articles)]
    gains = LearnedWords(texts).gains(q)
    assert gains == LearnedWords(reversed(texts)).gains(q)
    for text in texts:
        assert LearnedWords([text]).gains(q) == {i: gain for i, gain in gains.items() if i == text.id}
        most = max((trust for _, trust in text.learned), default=0.0)
        assert 0 <= gains.get(text.id, 0.0) <= 0.2 * most + 1e-9


@pytest.mark.parametrize("query", ["", "退", "😀", "……", "  "])
def test_what_has_no_pairs_gains_nothing(query: str) -> None:
    assert LearnedWords([taught((ASKED, 1.0))]).gains(query) == {}
    assert LearnedWords([taught((query, 1.0))]).gains(ASKED) == {}
    assert LearnedWords().gains(query) == {}
