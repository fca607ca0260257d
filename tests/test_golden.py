"""The golden queries may not fare worse than recorded; what is compared is explained in ``tests/golden.py``."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from kb.config import Settings
from kb.content.reader import ArticleFiles
from tests import golden
from tests.golden import FIGURES, Outcome


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return golden.load()


@pytest.fixture(scope="module")
def outcomes(document: dict[str, Any], settings: Settings) -> list[Outcome]:
    return golden.measure(document["queries"], settings)


def test_no_figure_falls_below_what_was_recorded(outcomes: list[Outcome], document: dict[str, Any]) -> None:
    now, recorded = golden.figures(outcomes), document["recorded"]
    assert all(now[name] >= recorded[name] for name in FIGURES), golden.report(outcomes, recorded)


def test_there_are_enough_queries_of_every_kind_and_each_is_asked_once(document: dict[str, Any]) -> None:
    queries = [row["q"] for row in document["queries"]]
    assert len(queries) >= 150
    assert [query for query, times in Counter(queries).items() if times > 1] == []
    kinds = Counter(row["how"] for row in document["queries"])
    assert set(kinds) == {"word", "pinyin", "initials", "typo", "customer", "dialect"}
    assert min(kinds.values()) >= 10
    assert set(document["recorded"]["missed"]) <= set(queries)


def test_every_query_has_a_right_answer_and_is_nobodys_own_question(
    document: dict[str, Any], settings: Settings
) -> None:
    files = ArticleFiles(settings.articles, settings.channels)
    scan = files.scan()
    articles = [version.article for version in (files.read(file, scan.folders) for file in scan.files)]
    published = {article.id: article for article in articles if article and article.status == "published"}
    own = {question for article in published.values() for question in article.questions}
    products = set()
    for row in document["queries"]:
        assert row["finds"], row
        assert set(row["finds"]) <= published.keys(), row
        assert row["q"] not in own, row
        products |= {published[article_id].product.slug for article_id in row["finds"]}
    assert products == {article.product.slug for article in published.values()}


def test_the_report_says_what_turned() -> None:
    good = Outcome("tk", "initials", frozenset({"a"}), ("b",), ("a",))
    bad = Outcome("退款", "word", frozenset({"a"}), ("b",), ("c",))
    recorded = {**dict.fromkeys(FIGURES, 0.5), "missed": ["tk"]}
    assert golden.figures([good, bad]) == {"search_hit_at_3": 0.0, "suggest_hit_at_3": 0.5, "either_hit_at_3": 0.5}
    assert golden.report([good, bad], recorded).splitlines() == [
        "search_hit_at_3: recorded 0.5, now 0.0",
        "suggest_hit_at_3: recorded 0.5, now 0.5",
        "either_hit_at_3: recorded 0.5, now 0.5",
        "newly missed: 退款 (word) → b; right: a",
        "newly found: tk",
    ]
