"""The FAQ panel: how it is ranked, what it leaves out, and that serving it reads nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import Article, Script, State
from kb.ports.catalog import FileVersion
from kb.ports.events import EVENT_KINDS, Event
from kb.rules.faq_score import EVENT_WEIGHTS, HALF_LIFE_DAYS, demand, order, score
from kb.rules.freshness import Policy
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.faq_snapshots import FaqSnapshots
from kb.usecases.audience import PublicArticles
from kb.usecases.faq import TOP, FaqPanels
from tests.unit.article_factory import make_article

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=timezone(timedelta(hours=8)))
TODAY = date(2026, 11, 21)

Use = tuple[str, float, int]
uses = st.tuples(st.sampled_from(EVENT_KINDS), st.floats(0, 1000), st.integers(1, 1000))


def test_a_use_counts_by_its_kind() -> None:
    assert score([("copy", 0, 1), ("open", 0, 1), ("pick", 0, 2), ("helpful", 0, 1), ("unhelpful", 0, 3)]) == 2
    assert score([("view", 0, 9), ("outdated", 0, 9)]) == 0


def test_a_use_counts_half_after_two_weeks() -> None:
    assert score([("copy", 14, 1)]) == 1.5
    assert score([("copy", 28, 2)]) == 1.5


def test_a_clock_ahead_of_ours_gives_no_bonus() -> None:
    assert score([("copy", -5, 1)]) == score([("copy", 0, 1)])


@given(st.lists(uses).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_of_events_does_not_matter(orders: tuple[list[Use], list[Use]]) -> None:
    events, shuffled = orders

    assert score(shuffled) == score(events)


@given(uses, st.floats(0, 1000))
def test_a_use_never_gains_by_ageing(use: Use, longer: float) -> None:
    kind, age, count = use

    assert abs(score([(kind, age + longer, count)])) <= abs(score([use]))
    assert score([use]) == pytest.approx(EVENT_WEIGHTS.get(kind, 0) * count * 2 ** (-age / HALF_LIFE_DAYS))


def test_pins_come_first_then_score_then_weight_then_id() -> None:
    ranked = [
        (make_article("pinned", pinned=True), -1.0),
        (make_article("used"), 2.0),
        (make_article("weighted", weight=5), 1.0),
        (make_article("a"), 1.0),
        (make_article("b"), 1.0),
        (make_article("disliked", weight=99), -2.0),
    ]

    keys = [order(article, points) for article, points in ranked]

    assert all(better < worse for better, worse in pairwise(keys))


class Shop(NamedTuple):
    """The panel over a real store."""

    database: Database
    catalog: Catalog
    events: EventLog
    panels: FaqPanels

    def put(self, *articles: Article) -> None:
        versions = [FileVersion(f"{article.id}.md", 1, 1, "r", "", article) for article in articles]
        self.catalog.apply(versions, [], "")

    def use(self, article_id: str, kind: str = "copy", days_ago: float = 0) -> None:
        self.events.record(Event(NOW - timedelta(days=days_ago), kind, article_id))

    def ids(self, channel: str | None = None) -> list[str]:
        return [item.record.article.id for item in self.panels.panel(channel).items]


def open_shop(path: Path) -> Shop:
    database = Database(path)
    catalog, events = Catalog(database), EventLog(database)
    return Shop(database, catalog, events, FaqPanels(catalog, events, FaqSnapshots(database), Policy()))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return open_shop(tmp_path / "zhida.db")


def test_before_anything_was_ranked_the_panel_is_empty(shop: Shop) -> None:
    assert shop.panels.panel().items == ()


def test_before_there_is_usage_pins_and_the_editors_weight_decide(shop: Shop) -> None:
    shop.put(
        make_article("b", weight=1),
        make_article("c", weight=9),
        make_article("a"),
        make_article("p", pinned=True),
    )

    shop.panels.rebuild(NOW)

    assert shop.ids() == ["p", "c", "b", "a"]


def test_recent_use_beats_old_use_and_weight(shop: Shop) -> None:
    shop.put(make_article("recent"), make_article("old"), make_article("weighty", weight=100))
    shop.use("recent")
    for _ in range(3):
        shop.use("old", days_ago=60)

    snapshot = shop.panels.rebuild(NOW)

    assert shop.ids() == ["recent", "old", "weighty"]
    assert dict(snapshot.ranking)["recent"] == 3


def test_only_published_articles_that_are_valid_today_are_ranked(shop: Shop) -> None:
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    shop.put(
        make_article("draft", status="draft"),
        make_article("archived", status="archived"),
        make_article("over", valid_to=yesterday),
        make_article("not-yet", valid_from=tomorrow),
        make_article("last-day", valid_to=TODAY),
        make_article("first-day", valid_from=TODAY),
        make_article("stale", verified=TODAY - timedelta(days=300)),
    )

    shop.panels.rebuild(NOW)

    assert shop.ids() == ["first-day", "last-day", "stale"]


def test_the_panel_ends_with_the_top_200(shop: Shop) -> None:
    shop.put(*(make_article(f"a{number:03}") for number in range(TOP + 5)))

    shop.panels.rebuild(NOW)

    assert len(shop.ids()) == TOP
    assert shop.panels.top_ids() == frozenset(f"a{number:03}" for number in range(TOP))


def test_outsiders_have_a_top_200_of_public_articles(shop: Shop) -> None:
    internal = [make_article(f"i{number:03}", weight=9) for number in range(TOP)]
    public = [make_article(f"p{number:03}", audience="public", owner="售后业务部") for number in range(TOP + 5)]
    shop.put(*internal, *public)
    articles = PublicArticles(shop.catalog)
    outside = FaqPanels(articles, shop.events, FaqSnapshots(shop.database), Policy(for_outsiders=True))

    shop.panels.rebuild(NOW)
    outside.reload(NOW)

    assert shop.panels.top_ids() == frozenset(article.id for article in internal)
    items = outside.panel().items
    assert [(item.rank, item.record.article.id) for item in items] == [(n + 1, f"p{n:03}") for n in range(TOP)]
    assert {item.record.article.owner for item in items} == {None}


def test_a_channel_gets_its_articles_with_its_scripts_ranked_from_1(shop: Shop) -> None:
    scripts = (Script(None, "您好，可以退款。"), Script("电话", "能退，您放心。"))
    shop.put(
        make_article("both", weight=1, scripts=scripts),
        make_article("written", weight=2, channels=("微信",), scripts=scripts),
    )
    shop.panels.rebuild(NOW)

    items = shop.panels.panel("电话").items

    assert [(item.rank, item.record.article.id, item.script) for item in items] == [(1, "both", "能退，您放心。")]
    assert [item.script for item in shop.panels.panel("微信").items] == ["您好，可以退款。"] * 2
    assert shop.ids("官网") == []


def test_the_limit_counts_after_the_channel(shop: Shop) -> None:
    shop.put(make_article("a", channels=("微信",), weight=1), make_article("b"), make_article("c"))
    shop.panels.rebuild(NOW)

    assert [item.record.article.id for item in shop.panels.panel("电话", limit=1).items] == ["b"]


def test_serving_reads_neither_files_nor_database(shop: Shop) -> None:
    shop.put(make_article("a"))
    shop.panels.rebuild(NOW)
    shop.database.close()

    assert shop.ids() == ["a"]


def test_the_panel_says_when_it_was_ranked_and_how_fresh_each_answer_is(shop: Shop) -> None:
    shop.put(make_article("a", verified=TODAY - timedelta(days=8)))
    shop.panels.rebuild(NOW)
    shop.panels.reload(NOW + timedelta(hours=3))

    panel = shop.panels.panel()

    assert panel.as_of == "2026-11-21T01:30:00+00:00"
    assert panel.items[0].freshness.state is State.STALE  # in the top list: weekly


def test_a_restart_shows_the_ranking_of_before(shop: Shop, tmp_path: Path) -> None:
    shop.put(make_article("a"), make_article("b"))
    shop.use("b")
    shop.panels.rebuild(NOW)
    shop.use("a", "helpful")
    shop.use("a")
    restarted = open_shop(tmp_path / "zhida.db")

    restarted.panels.reload(NOW)

    assert restarted.ids() == ["b", "a"]


def test_reloading_ranks_when_nothing_was_ranked_yet(shop: Shop) -> None:
    shop.panels.reload(NOW)  # before the first article
    shop.put(make_article("a"))

    shop.panels.reload(NOW)

    assert shop.ids() == ["a"]


def test_reloading_shows_articles_as_they_are_now_and_drops_what_went(shop: Shop) -> None:
    shop.put(
        make_article("a", title="旧标题"),
        make_article("archived"),
        make_article("deleted"),
        make_article("ends", valid_to=TODAY),
    )
    shop.panels.rebuild(NOW)
    shop.put(make_article("a", title="新标题"), make_article("archived", status="archived"))
    shop.catalog.apply([], ["deleted.md"], "")

    shop.panels.reload(NOW + timedelta(days=1))

    (item,) = shop.panels.panel().items
    assert (item.rank, item.record.article.title) == (1, "新标题")


def test_demand_starts_from_the_editors_weight_and_grows_with_use() -> None:
    plain, weighted = make_article("plain"), make_article("weighted", weight=40)
    assert [demand(plain, points) for points in (-50.0, 0.0, 12.0)] == [0.0, 0.0, 0.5]
    assert [demand(weighted, points) for points in (-50.0, 0.0, 12.0)] == [0.4, 0.4, 0.5]
    assert demand(make_article("heavy", weight=900), 1e9) <= 1.0


def test_the_panel_knows_the_demand_for_its_articles(shop: Shop) -> None:
    shop.put(make_article("plain"), make_article("weighted", weight=40))
    shop.panels.rebuild(NOW)
    assert len(shop.panels.panel().items) == 2
    for item in shop.panels.panel().items:
        assert shop.panels.demand(item.record.article.id) == demand(item.record.article, 0.0)
    assert shop.panels.demand("not-there") == 0.0
