"""The order of hits: one score of words, meaning and use, then freshness and demand; all words first for keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import ArticleRecord, Freshness, State
from kb.ports.engine import EngineHit, Evidence
from kb.rules.freshness import ranking_factor
from kb.rules.fusion import Added
from kb.text.analyzer import analyze
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from kb.usecases.question import Question, Vocabulary
from kb.usecases.ranking import REORDERED, Ranked, Ranking
from tests.unit.article_factory import make_article

WORDS = Vocabulary(Tokenizer(), function_words())
KEYWORDS, SENTENCE, LONG = "发票 抬头", "发票的抬头怎么改", "发票 抬头 地址 电话"


class Known:
    """Additions that are given."""

    def __init__(self, added: Mapping[str, Added], found: Sequence[str] = ()) -> None:
        self._added, self._found = added, tuple(found)

    @property
    def found(self) -> tuple[str, ...]:
        return self._found

    def to(self, words: Mapping[str, float]) -> Mapping[str, Added]:
        return {i: self._added[i] for i in words if i in self._added}


def question(text: str) -> Question:
    return Question(WORDS.parse(text))


def hit(article_id: str, score: float, text: str = "") -> EngineHit:
    return EngineHit(article_id, "r", score, lambda: Evidence({"title": analyze(text)}, ()))


def records(ids: Sequence[str], **changes: str) -> dict[str, ArticleRecord]:
    return {i: ArticleRecord(make_article(i, **changes), i, i) for i in ids}


def ranking(state: State = State.FRESH, demand: Mapping[str, float] | None = None) -> Ranking:
    return Ranking(lambda _: Freshness(state, (), None, 0), lambda i: (demand or {}).get(i, 0.0))


def rank(
    asked: str, found: Sequence[EngineHit], additions: Known | None = None, how: Ranking | None = None
) -> list[Ranked]:
    every = records([one.id for one in found])
    return (how or ranking()).rank(question(asked), found, every, additions or Known({}))


def ids(rows: Sequence[Ranked]) -> list[str]:
    return [row.found.id for row in rows]


@given(
    state=st.sampled_from(State),
    rows=st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=REORDERED),
    asked=st.sampled_from(["发票", SENTENCE]),
)
def test_the_score_is_a_sum_times_freshness_and_demand(
    state: State, rows: list[tuple[float, float, float, float]], asked: str
) -> None:
    found = [hit(f"a{n}", words) for n, (words, *_) in enumerate(rows)]
    added = {f"a{n}": Added(meaning, learned) for n, (_, meaning, learned, _) in enumerate(rows)}
    demand = {f"a{n}": wanted for n, (*_, wanted) in enumerate(rows)}
    ranked = rank(asked, found, Known(added), ranking(state, demand))
    for row in ranked:
        words, meaning, learned, wanted = rows[int(row.found.id[1:])]
        factor = 1 + 0.3 * wanted if asked == "发票" else 1
        assert row.parts.total == pytest.approx((words + meaning + learned) * ranking_factor(state) * factor)
    totals = [row.parts.total for row in ranked]
    assert totals == sorted(totals, reverse=True)


@given(
    scores=st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=80),
    added=st.lists(st.floats(0, 1), min_size=80, max_size=80),
    near=st.sets(st.integers(0, 79), max_size=20),
    cut=st.integers(REORDERED, 80),
)
def test_what_is_asked_for_more_deeply_comes_behind(
    scores: list[float], added: list[float], near: set[int], cut: int
) -> None:
    """An engine that is asked for more hits gives the same ones, more behind them, and those found by meaning."""
    scores.sort(reverse=True)
    found = [hit(f"a{n:02}", score) for n, score in enumerate(scores)]
    close = {f"a{n:02}" for n in near}
    additions = Known({f"a{n:02}": Added(meaning) for n, meaning in enumerate(added)}, sorted(close))
    less = [one for place, one in enumerate(found) if place < cut or one.id in close]
    whole, part = (ids(rank(SENTENCE, hits, additions)) for hits in (found, less))
    assert whole[: min(cut, len(part))] == part[:cut]
    assert sorted(whole) == [one.id for one in found]


def test_keywords_are_to_be_found_together_and_sentences_are_not() -> None:
    found = [hit("part", 0.9, "发票开具"), hit("all", 0.2, "发票抬头修改"), hit("other", 0.1, "电话")]
    assert ids(rank(KEYWORDS, found)) == ["all", "part", "other"]
    assert ids(rank(SENTENCE, found)) == ["part", "all", "other"]
    assert ids(rank(LONG, found)) == ["part", "all", "other"], "more than three words are seldom found together"
    assert ids(rank(KEYWORDS, found, Known({"part": Added(1.0)}))) == ["all", "part", "other"], "not even by meaning"


def test_equal_scores_are_in_order_of_id() -> None:
    assert ids(rank(SENTENCE, [hit("b", 0.5), hit("a", 0.5), hit("c", 0.4)], Known({"c": Added(0.1)}))) == [
        "a",
        "b",
        "c",
    ]


def test_who_is_gone_or_not_published_is_left_out() -> None:
    known = records(["in"]) | records(["draft"], status="draft") | records(["archived"], status="archived")
    found = [hit(name, 0.5) for name in ("draft", "in", "gone", "archived")]
    assert ids(ranking().rank(question(SENTENCE), found, known, Known({}, ["gone", "draft"]))) == ["in"]
