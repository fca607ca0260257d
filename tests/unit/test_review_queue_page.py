"""Pages of the review queue: filters, counts beside them, what they follow and what they cost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.errors import QueryError
from kb.model import FacetCount, Folder, Interval, Signal, SignalKind
from kb.review.queue import EVERYTHING, QueueFilter, QueuePage, ReviewQueue
from kb.rules.freshness import Policy
from tests.unit.article_factory import MALL, REFUND, make_article
from tests.unit.review_shop import NOW, TODAY, Shop, open_shop, verified

VIP = Folder("vip", "会员")
OUTDATED = Signal(SignalKind.OUTDATED, "2 人说内容过时", TODAY - timedelta(days=2), ("“金额变了”（11 月 19 日）",))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = open_shop(tmp_path)
    made.put(
        verified("late", 40, title="退款多久到账", owner="售后业务部"),
        verified("due", 25, title="快递丢了", owner="物流业务部", scenario=Folder("lost", "丢件")),
        verified("card", 35, title="ＶＩＰ卡怎么退", owner="售后业务部", product=VIP),
        make_article("never", title="怎么开票"),
        verified("fine", 1, title="一切都好", owner="客户体验部"),
    )
    made.against.signals = {"due": [OUTDATED], "fine": [OUTDATED]}
    return made


def ids(page: QueuePage) -> list[str]:
    return sorted(item.id for item in page.items)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["card", "due", "fine", "late", "never"]),
        ({"owner": "售后业务部"}, ["card", "late"]),
        ({"product": "mall"}, ["due", "fine", "late", "never"]),
        ({"product": "会员"}, ["card"]),
        ({"scenario": "丢件"}, ["due"]),
        ({"scenario": "mall/refund"}, ["fine", "late", "never"]),
        ({"scenario": "refund", "product": "vip"}, ["card"]),
        ({"state": "stale"}, ["card", "late"]),
        ({"state": "fresh"}, ["fine"]),
        ({"signal": "outdated"}, ["due", "fine"]),
        ({"signal": "policy"}, []),
        ({"text": "退"}, ["card", "late"]),
        ({"text": "vip 卡"}, ["card"]),
        ({"text": "NEV"}, ["never"]),
        ({"text": "——"}, ["card", "due", "fine", "late", "never"]),
        ({"owner": "售后业务部", "state": "stale", "product": "vip"}, ["card"]),
    ],
)
def test_a_filter_leaves_what_fits_it(shop: Shop, wanted: dict[str, str], found: list[str]) -> None:
    assert ids(shop.page(QueueFilter.of(**wanted))) == found
    assert shop.page(QueueFilter.of(**wanted)).total == len(found)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"owner": "火星部"}, "没有名为“火星部”的业务部门。现有：售后业务部、客户体验部、物流业务部。"),
        ({"product": "月球"}, "没有名为“月球”的产品类型。现有：会员、网上商城。"),
        ({"scenario": "丢件", "product": "会员"}, "没有名为“丢件”的问题场景。现有：退款退货。"),
        ({"state": "old"}, "没有“old”这种状态。可选：expired（已失效）、stale（待复核）、"),
        ({"signal": "smell"}, "没有“smell”这种信号。可选：sent_back（已退回修改）、outdated（有人说内容过时）、"),
    ],
)
def test_what_there_is_not_is_said_with_what_there_is(shop: Shop, wanted: dict[str, str], told: str) -> None:
    with pytest.raises(QueryError, match=told):
        shop.page(QueueFilter.of(**wanted))


def test_counts_say_what_choosing_another_would_give(shop: Shop) -> None:
    page = shop.page(QueueFilter.of(owner="售后业务部", state="stale"))

    assert (page.as_of, page.total, ids(page)) == (TODAY, 2, ["card", "late"])
    assert page.states == (FacetCount("待复核", 2, "stale"),)
    assert page.owners == (FacetCount("售后业务部", 2, "售后业务部"),)
    assert page.products == (FacetCount("会员", 1, "vip"), FacetCount("网上商城", 1, "mall"))
    assert page.signals == ()


def test_without_a_filter_everything_is_counted_once(shop: Shop) -> None:
    page = shop.page(limit=1)

    assert {facet.key: facet.count for facet in page.states} == {"stale": 2, "never_verified": 1, "due": 1, "fresh": 1}
    assert [facet.key for facet in page.states] == ["stale", "never_verified", "due", "fresh"]
    assert page.owners[0] == FacetCount("售后业务部", 2, "售后业务部")
    assert FacetCount("未指定部门", 1, "") in page.owners
    assert page.products == (FacetCount("网上商城", 4, "mall"), FacetCount("会员", 1, "vip"))
    assert page.signals == (FacetCount("有人说内容过时", 2, "outdated"),)


def test_pages_add_up_to_the_queue_and_end(shop: Shop) -> None:
    whole = shop.page()
    pages = [shop.page(limit=2, offset=offset) for offset in (0, 2, 4, 6)]

    assert [item for page in pages for item in page.items] == list(whole.items)
    assert [(page.total, page.offset, len(page.items)) for page in pages] == [
        (5, 0, 2),
        (5, 2, 2),
        (5, 4, 1),
        (5, 6, 0),
    ]


def test_nobodys_departments_are_none(shop: Shop) -> None:
    nothing = QueueFilter(owners=frozenset())
    assert shop.queue.page(TODAY, NOW, wanted=nothing).items == ()
    assert shop.queue.owners() == {"售后业务部", "物流业务部", "客户体验部"}


def test_a_signal_puts_a_fresh_article_on_the_list_from_the_day_it_arose(shop: Shop) -> None:
    shop.use("fine", "copy", 3)
    (fine,) = shop.page(QueueFilter.of(state="fresh")).items

    assert fine.reasons == ("2 人说内容过时",)
    assert fine.signals == (OUTDATED,)
    assert fine.evidence == ("“金额变了”（11 月 19 日）",)
    assert (fine.days_overdue, fine.risk) == (3, 9)


def test_a_verdict_is_seen_at_once(shop: Shop) -> None:
    assert "late" in shop.ids()

    shop.put(verified("late", 0, title="退款多久到账", owner="售后业务部"))

    assert "late" not in shop.ids()


def test_what_an_article_has_from_its_folders_is_followed_too(shop: Shop) -> None:
    """Its own file is what it was."""
    assert "fine" not in {item.id for item in shop.page(QueueFilter.of(state="due")).items}
    fine = verified("fine", 1, title="一切都好", product=replace(MALL, title="商城"))

    shop.put(replace(fine, owner="物流业务部", review_every=Interval(7, "d")))

    (row,) = [item for item in shop.page(QueueFilter.of(state="due", owner="物流业务部")).items if item.id == "fine"]
    assert row.product == "商城"


def test_what_is_archived_moved_or_gone_leaves(shop: Shop) -> None:
    assert {"late", "never", "card"} <= set(shop.ids())

    shop.put(verified("late", 40, status="archived"), verified("card", 35, scenario=REFUND, product=MALL))
    shop.catalog.apply([], ["never.md"], "")

    assert "late" not in shop.ids()
    assert "never" not in shop.ids()
    with pytest.raises(QueryError, match="没有名为“会员”的产品类型"):
        shop.page(QueueFilter.of(product="会员"))


def test_use_is_counted_again_after_a_while_only(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, recount_after=timedelta(seconds=10))
    shop.put(make_article("a"))

    def exposure(seconds: int) -> int:
        (item,) = shop.queue.items(TODAY, NOW + timedelta(seconds=seconds))
        return item.exposure

    assert exposure(0) == 0
    shop.use("a", "copy", 2)
    assert [exposure(9), exposure(10)] == [0, 2]
    shop.use("a", "copy", 1)
    assert exposure(5) == 3, "a clock that was set back"
    shop.use("a", "view", 1)
    shop.queue.forget()
    assert exposure(5) == 4


def test_signals_are_looked_for_anew_as_soon_as_an_article_changes(tmp_path: Path) -> None:
    """What a verification has settled keeps nothing in the queue until use is counted again."""
    shop = open_shop(tmp_path, recount_after=timedelta(hours=1))
    shop.put(verified("a", 1))
    shop.against.signals = {"a": [OUTDATED]}
    assert shop.ids() == ["a"]

    shop.against.signals = {}
    assert shop.ids() == ["a"], "nothing tells of it"
    shop.put(verified("a", 0))

    assert shop.ids() == []


def test_every_day_has_its_own_list(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, recount_after=timedelta(seconds=10))
    shop.put(verified("a", 1))

    days = (TODAY, TODAY + timedelta(days=60), TODAY, date.min, date.max)
    assert [shop.ids(as_of=day) for day in days] == [[], ["a"], [], [], ["a"]]


def test_dates_of_the_future_are_listed_whatever_day_is_judged(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.put(verified("a", -400))

    assert shop.ids() == shop.ids(as_of=TODAY - timedelta(days=60)) == ["a"]

    shop.put(verified("a", 0))
    assert shop.ids() == []


_ids = st.sampled_from(["a", "b", "c"])
_articles = st.builds(
    verified,
    _ids,
    st.integers(-3, 40),
    body=st.sampled_from(["", "长" * 2000]),
    owner=st.sampled_from(["售后业务部", "物流业务部"]),
    status=st.sampled_from(["published", "published", "draft", "archived"]),
    review_every=st.none() | st.just(Interval(3, "d")),
)
_changes = st.one_of(
    st.tuples(st.just("put"), _articles),
    st.tuples(st.just("drop"), _ids),
    st.tuples(st.just("use"), _ids),
    st.tuples(st.just("against"), _ids),
    st.tuples(st.just("top"), st.frozensets(_ids)),
    st.tuples(st.just("day"), st.integers(-5, 50)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_changes, max_size=12))
def test_what_is_kept_in_memory_is_what_a_new_queue_would_find(changes: list[tuple[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        shop = open_shop(Path(folder))
        day, top = TODAY, frozenset[str]()
        for name, what in changes:
            if name == "put":
                shop.put(what)
            elif name == "drop":
                shop.catalog.apply([], [f"{what}.md"], "")
            elif name == "use":
                shop.use(what, "copy")
            elif name == "against":
                shop.against.signals = {what: [OUTDATED]}
            elif name == "top":
                top = what
            else:
                day = TODAY + timedelta(days=what)
            new = ReviewQueue(shop.catalog, shop.events, Policy(), shop.against)
            assert shop.queue.page(day, NOW, top) == new.page(day, NOW, top)
        shop.database.close()


@pytest.mark.parametrize("number", [3, 300])
def test_a_page_costs_the_same_statements_however_many_articles_there_are(tmp_path: Path, number: int) -> None:
    shop = open_shop(tmp_path)
    shop.put(*(make_article(f"a{i}") for i in range(number)))
    statements: list[str] = []
    with shop.database.read() as db:
        db.conn.set_trace_callback(statements.append)

    assert shop.page(limit=20).total == number
    first = len(statements)
    shop.page(limit=20)
    again = len(statements) - first
    shop.put(make_article("a1", title="改过"))
    statements.clear()
    shop.page(limit=20)

    assert (first, again, len(statements)) == (5, 2, 5)


def test_many_ask_while_articles_change(shop: Shop) -> None:
    def ask(_: int) -> int:
        return shop.queue.page(TODAY, NOW, wanted=EVERYTHING).total

    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(ask, range(64))
        for i in range(16):
            shop.put(make_article(f"new-{i}"))
        assert set(answers) <= set(range(5, 22))
    assert ask(0) == 21
