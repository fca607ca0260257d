"""The tree that one browses: every article in its place, counted and judged."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kb.errors import QueryError
from kb.model import Article, ArticleRecord, Folder, Freshness
from kb.rules.freshness import Policy, assess
from kb.service import Service
from kb.usecases.browsing import Tree, grow_tree, prune
from kb.usecases.library import Library
from tests.callers import ANYBODY
from tests.unit.article_factory import make_article

TODAY = date(2026, 11, 22)
LIGHT, HEAVY = Folder("light", "甲"), Folder("heavy", "乙", weight=5)


def freshness(record: ArticleRecord) -> Freshness:
    return assess(record.article, Policy(), TODAY)


def grown(*articles: Article) -> Tree:
    return grow_tree((ArticleRecord(article, f"{article.id}.md", "r") for article in articles), freshness)


def test_folders_and_articles_come_by_weight_then_title() -> None:
    tree = grown(
        make_article("a", title="丙", scenario=LIGHT),
        make_article("b", title="乙", scenario=HEAVY),
        make_article("c", title="甲", scenario=HEAVY),
        make_article("d", title="丁", scenario=HEAVY, weight=1),
        make_article("e", title="戊", product=HEAVY),
    )
    assert [product.folder.slug for product in tree] == ["heavy", "mall"]
    assert [scenario.folder.slug for scenario in tree[1].scenarios] == ["heavy", "light"]
    titles = [record.article.title for record, _ in tree[1].scenarios[0].articles]
    assert titles == ["丁", "乙", "甲"]


def test_what_nobody_should_rely_on_is_counted() -> None:
    day = TODAY - timedelta(days=1)
    tree = grown(
        make_article("fresh", verified=day),
        make_article("never"),
        make_article("expired", verified=day, valid_to=day),
        make_article("due", verified=TODAY - timedelta(days=28)),
        make_article("elsewhere", verified=day, scenario=LIGHT),
    )
    (product,) = tree
    assert (product.count, product.stale) == (5, 2)
    assert {scenario.folder.slug: (scenario.count, scenario.stale) for scenario in product.scenarios} == {
        "refund": (4, 2),
        "light": (1, 0),
    }


def test_what_is_not_valid_yet_is_left_out() -> None:
    assert grown(make_article("a", valid_from=TODAY + timedelta(days=1))) == ()
    assert grown(make_article("a", valid_from=TODAY))[0].count == 1


def test_scenarios_of_one_slug_in_two_products_stay_apart() -> None:
    tree = grown(make_article("a"), make_article("b", product=HEAVY))
    assert [product.count for product in prune(tree, None, ["heavy/refund"])] == [1]
    assert prune(tree, ["mall"], ["heavy/refund"]) == ()


def test_the_tree_of_the_service_takes_slugs_and_titles(service: Service) -> None:
    (product,) = service.desk(ANYBODY).browse("网上商城", "refund")
    (scenario,) = product.scenarios
    assert scenario.path == "mall/refund"
    assert "refund-not-received" in [record.article.id for record, _ in scenario.articles]
    assert [branch.folder.slug for branch in service.desk(ANYBODY).browse("mall")] == ["mall"]
    with pytest.raises(QueryError, match="没有名为“火星”的产品类型"):
        service.desk(ANYBODY).browse("火星")


def test_only_articles_of_the_future_are_hidden() -> None:
    articles = [make_article(str(days), valid_from=TODAY + timedelta(days=days)) for days in (-400, 0, 1, 7)]
    library = Library.of(articles, TODAY)
    assert set(library.upcoming) == {"1", "7"}
    assert library.hidden_ids(TODAY) == {"1", "7"}
    assert library.hidden_ids(TODAY + timedelta(days=1)) == {"7"}
