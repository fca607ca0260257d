"""The review queue: who is on it, in which order, and what its files look like."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kb.model import Folder, State
from kb.review.queue import ReviewItem
from kb.review.queue_files import to_csv, to_markdown, to_xlsx
from tests.unit.article_factory import make_article
from tests.unit.review_shop import NOW, TODAY, Shop, open_shop, verified


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return open_shop(tmp_path)


def test_a_row_says_what_is_wrong_and_since_when(shop: Shop) -> None:
    shop.put(verified("a", 45, owner="售后业务部", updated=date(2026, 9, 30)))
    shop.use("a", "view", 2)
    shop.use("a", "copy", 3)
    shop.use("a", "pick", 4)

    assert shop.queue.items(TODAY, NOW) == [
        ReviewItem(
            id="a",
            title="未收到货退款",
            product="网上商城",
            scenario="退款退货",
            place="mall/refund",
            owner="售后业务部",
            state=State.STALE,
            reasons=("应于 2026-11-06 前复核，已超 15 天",),
            updated=date(2026, 9, 30),
            verified=date(2026, 10, 7),
            due=date(2026, 11, 6),
            days_overdue=15,
            exposure=5,
            minutes=1.0,
        )
    ]


def test_everything_published_that_is_not_fresh_is_on_the_list(shop: Shop) -> None:
    shop.put(
        verified("fresh", 1),
        verified("due", 25),
        verified("stale", 31),
        verified("changed", 1, updated=TODAY),
        verified("expired", 1, valid_to=TODAY - timedelta(days=1)),
        make_article("never"),
        make_article("draft", status="draft"),
        make_article("archived", status="archived"),
    )

    assert sorted(shop.ids()) == ["changed", "due", "expired", "never", "stale"]


def test_what_the_menu_counts_is_the_queue_of_today_whatever_day_somebody_looked_at(shop: Shop) -> None:
    shop.put(verified("stale", 31), verified("fresh", 1))
    assert shop.queue.last_judged() == ()
    assert shop.ids() == ["stale"]
    assert len(shop.ids(TODAY + timedelta(days=400))) == 2
    assert [item.id for item in shop.queue.last_judged()] == ["stale"]


def test_use_under_a_former_id_is_the_articles_own(shop: Shop) -> None:
    shop.use("old-name", "copy", 3)
    shop.put(verified("new-name", 31, former_ids=("old-name",)))
    shop.use("new-name", "view", 2)
    assert [item.exposure for item in shop.queue.items(TODAY, NOW)] == [5]


def test_exposure_times_days_overdue_decides_then_expired_then_id(shop: Shop) -> None:
    shop.put(
        verified("b-just-overdue", 31),
        verified("a-long-overdue", 130),
        verified("z-expired", 1, valid_to=TODAY - timedelta(days=200)),
        verified("y-stale", 230),
        verified("x-stale", 230),
    )
    shop.use("b-just-overdue", "copy", 20)
    shop.use("a-long-overdue", "view", 2)

    assert shop.ids() == ["a-long-overdue", "b-just-overdue", "z-expired", "x-stale", "y-stale"]


def test_exposure_is_what_the_last_28_days_saw(shop: Shop) -> None:
    shop.put(make_article("a"))
    shop.use("a", "view", days_ago=28)
    shop.use("a", "copy", days_ago=29)

    assert [item.exposure for item in shop.queue.items(TODAY, NOW)] == [1]


def test_the_list_of_another_day_is_judged_on_that_day(shop: Shop) -> None:
    shop.put(verified("a", 1))

    assert shop.ids() == []
    assert shop.ids(as_of=TODAY + timedelta(days=23)) == ["a"]


def test_an_owner_gets_only_their_articles(shop: Shop) -> None:
    shop.put(make_article("a", owner="售后业务部"), make_article("b", owner="物流业务部"), make_article("c"))

    assert shop.ids(owner="售后业务部") == ["a"]
    assert shop.ids() == ["a", "b", "c"]


def test_what_is_in_the_top_list_is_due_weekly(shop: Shop) -> None:
    shop.put(verified("top", 8), verified("other", 8))

    assert [item.id for item in shop.queue.items(TODAY, NOW, top_ids={"top"})] == ["top"]


@pytest.fixture
def items(shop: Shop) -> list[ReviewItem]:
    shop.put(
        verified("a", 45, owner="售后业务部"),
        make_article("b", title="=HYPERLINK(1)", product=Folder("x", "+1|2"), owner="第一行\n第二行\x07"),
    )
    return shop.queue.items(TODAY, NOW)


def test_csv_opens_in_excel_as_text(items: list[ReviewItem]) -> None:
    content = to_csv(items)

    assert content.startswith(b"\xef\xbb\xbf")
    heading, first, second = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert heading[:3] == ["编号", "标准问", "产品类型"]
    assert first == [
        "a",
        "未收到货退款",
        "网上商城",
        "退款退货",
        "售后业务部",
        "待复核",
        "应于 2026-11-06 前复核，已超 15 天",
        "",
        "2026-10-07",
        "2026-11-06",
        "15",
        "0",
        "",
    ]
    assert second[:5] == ["b", "'=HYPERLINK(1)", "'+1|2", "退款退货", "第一行\n第二行"]


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_no_cell_can_become_a_formula(shop: Shop, start: str) -> None:
    shop.put(make_article("c", title=f"{start}1+1"))

    content = to_csv(shop.queue.items(TODAY, NOW)).decode("utf-8-sig")

    _, row = csv.reader(io.StringIO(content, newline=""))
    assert row[1] == f"'{start}1+1"


def test_xlsx_has_dates_and_numbers_to_sort_by_and_no_formula(items: list[ReviewItem]) -> None:
    sheet = load_workbook(io.BytesIO(to_xlsx(items))).active
    _, first, second = sheet.iter_rows()

    assert first[8].value == datetime(2026, 10, 7)
    assert (first[7].value, first[10].value) == (None, 15)
    assert second[1].value == "'=HYPERLINK(1)"
    assert "f" not in {cell.data_type for cell in second}
    assert sheet.freeze_panes == "A2"


def test_xlsx_columns_hold_what_is_in_them_and_long_texts_go_on_below(shop: Shop) -> None:
    shop.put(make_article("a", title="很" * 40, verified=date(2026, 9, 7)))
    sheet = load_workbook(io.BytesIO(to_xlsx(shop.queue.items(TODAY, NOW)))).active

    width = {cell.value: sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]}
    assert width["最近审核"] >= len("2026-09-07")  # or Excel shows ########
    assert width["标准问"] < 80
    assert sheet["B2"].alignment.wrap_text
    assert not sheet["A2"].alignment.wrap_text


def test_dates_in_order_are_no_all_clear_in_a_list(items: list[ReviewItem]) -> None:
    doubted = replace(items[0], state=State.FRESH)
    assert [row[5] for row in csv.reader(to_csv([doubted]).decode("utf-8-sig").splitlines())] == ["状态", "有疑问"]


def test_markdown_is_one_table_whatever_the_titles_hold(items: list[ReviewItem]) -> None:
    heading, blank, *table = to_markdown(items, TODAY).splitlines()

    assert (heading, blank) == ("## 复核清单（2026-11-21）：2 条待处理", "")
    assert len(table) == 4
    assert {row.replace("\\|", "").count("|") for row in table} == {14}
    assert "第一行 第二行" in table[3]


def test_markdown_of_an_empty_queue_has_no_table() -> None:
    assert to_markdown([], TODAY) == "## 复核清单（2026-11-21）：0 条待处理\n"
