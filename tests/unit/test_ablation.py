"""The ablation table, on the project's own sets: every part takes part, and taking one out is noticed."""

from __future__ import annotations

from kb.config import Settings
from kb.evaluation.sets import find_sets, load_qrels_set
from kb.model import SearchRequest
from kb.usecases.searching import Searcher
from kb.wiring.trials import evaluation_search
from tests.ablation import CONFIGURATIONS, table, without_pairs, without_stop_words
from tests.unit.qrels import QRELS, REFUNDS


def test_every_configuration_has_a_line_with_every_set(small: Settings) -> None:
    sets = {name: load_qrels_set(folder) for name, folder in find_sets([QRELS]).items()}
    head, _, first, *others = table(CONFIGURATIONS, sets, small)
    assert head == "| R@1 / R@3 | delivery | refunds | average | p, R@1 / R@3 |"
    assert first.startswith("| characters | ")
    assert first.endswith(" |  |"), "nothing to compare with"
    assert len(others) == len(CONFIGURATIONS) - 1
    assert all(line.count("|") == head.count("|") for line in (first, *others))


def test_parts_are_really_taken_out(small: Settings) -> None:
    data = load_qrels_set(REFUNDS)
    with evaluation_search(data.articles, small) as opened:
        whole = _scores(opened.searcher, "怎么退款呢")
        assert _scores(without_stop_words(opened.searcher), "怎么退款呢") != whole
        assert _scores(without_pairs(opened.searcher), "退款") != _scores(opened.searcher, "退款")


def _scores(searcher: Searcher, text: str) -> list[float]:
    return [hit.score for hit in searcher.search(SearchRequest(text)).hits]
