"""Copying scripts to a real clipboard: blanks filled, expired ones asked about, once however often one clicks."""

from __future__ import annotations

import pytest

from tests.e2e.browser import INTRANET, events, pasted, search
from tests.e2e.conftest import OpenPage
from tests.e2e.processes import Desk, wait_until


@pytest.mark.parametrize("host", [None, INTRANET])
def test_a_script_is_copied(open_page: OpenPage, shared: Desk, host: str | None) -> None:
    page = open_page("/a/refund-not-received", host)
    before = len(events(shared, "copy"))
    page.get_by_role("button", name="复制话术").first.click()
    page.wait_for_selector(".copy.done")
    assert pasted(page).startswith("您好{{客户称呼}}，没收到货也可以申请退款")
    assert page.locator("#toast").inner_text() == "已复制。发送前请填好：客户称呼、订单号"
    wait_until(lambda: len(events(shared, "copy")) == before + 1)


def test_a_double_click_copies_once(open_page: OpenPage, shared: Desk) -> None:
    page = open_page("/a/invoice-get")
    before = len(events(shared, "copy"))
    page.locator(".copy").first.dblclick()
    page.wait_for_selector(".copy.done")
    page.wait_for_selector(".copy:not(.done)")
    page.locator(".copy").first.click()
    wait_until(lambda: len(events(shared, "copy")) >= before + 2)
    assert len(events(shared, "copy")) == before + 2


def test_time_from_first_keystroke_to_copy_is_written_down(open_page: OpenPage, shared: Desk) -> None:
    page = open_page("/")
    page.keyboard.type("没收到货怎么退")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")
    page.locator(".hit h2 a").first.click()
    page.wait_for_url("**/a/**")
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".copy.done")
    wait_until(lambda: any(copy.query == "没收到货怎么退" for copy in events(shared, "copy")))
    copy = next(copy for copy in events(shared, "copy") if copy.query == "没收到货怎么退")
    assert copy.ms
    assert 0 < copy.ms < 60_000


def test_blanks_are_filled_and_the_filled_text_is_copied(open_page: OpenPage) -> None:
    page = open_page("/a/refund-not-received")
    page.get_by_label("客户称呼").first.fill("王女士")
    page.get_by_label("订单号").fill("8848")
    assert page.get_by_label("客户称呼").nth(1).input_value() == "王女士", "the same blank in the other script"
    page.keyboard.press("Enter")
    page.wait_for_selector(".copy.done")
    text = pasted(page)
    assert text.startswith("您好王女士，没收到货也可以申请退款")
    assert "订单8848" in text
    assert page.locator("#toast").inner_text() == "已复制"


def test_the_customer_is_remembered_until_the_next_one(open_page: OpenPage) -> None:
    page = open_page("/a/refund-arrival-time")
    page.get_by_label("客户称呼").first.fill("王女士")
    page.get_by_label("金额").first.fill("99")
    page.goto(page.url.replace("refund-arrival-time", "refund-received"))
    assert page.get_by_label("客户称呼").first.input_value() == "王女士"
    page.goto(page.url.replace("refund-received", "refund-arrival-time"))
    assert page.get_by_label("金额").first.input_value() == "", "an amount belongs to one answer"
    page.get_by_role("button", name="换下一位客户").click()
    assert page.get_by_label("客户称呼").first.input_value() == ""
    assert page.get_by_role("button", name="换下一位客户").count() == 0
    page.reload()
    assert page.get_by_label("客户称呼").first.input_value() == ""


@pytest.mark.parametrize("width", [360, 1280])
def test_the_button_for_the_next_customer_covers_nothing(open_page: OpenPage, width: int) -> None:
    page = open_page("/a/refund-arrival-time", viewport={"width": width, "height": 700})
    page.get_by_label("客户称呼").first.fill("王女士")
    page.locator(".copy").first.click()
    page.wait_for_selector(".copy.done")
    pill, toast = (page.locator(name).bounding_box() for name in ("#next-customer", "#toast"))
    assert pill
    assert toast
    assert toast["y"] + toast["height"] <= pill["y"], "the message stands above it"
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    bottoms = page.locator("main :is(a, button, summary, dd)").evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect().bottom)"
    )
    assert max(bottoms) <= pill["y"]


def test_a_folded_script_shows_and_copies_what_was_filled_in(open_page: OpenPage) -> None:
    page = open_page("/?q=退款")
    page.locator(".hit").first.get_by_label("客户称呼").fill("王女士")
    folded = page.locator(".hit", has_text="未收到货退款").first
    assert folded.locator(".preview").inner_text().startswith("您好王女士，")
    folded.locator(".copy").click()
    page.wait_for_selector(".copy.done")
    assert pasted(page).startswith("您好王女士，没收到货也可以申请退款")


def test_the_script_of_the_channel_is_copied_from_the_results(open_page: OpenPage) -> None:
    page = open_page("/?channel=电话")
    search(page, "未收到货退款")
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".copy.done")
    assert pasted(page).startswith("{{客户称呼}}，您别着急，没收到也能退")


def test_an_expired_script_is_copied_only_after_a_yes(open_page: OpenPage, shared: Desk) -> None:
    page = open_page("/a/coupon-double11-2026")
    page.locator(".copy").first.click()
    dialog = page.get_by_role("dialog")
    assert "有效期至 2026-11-11" in dialog.inner_text()
    page.keyboard.press("Enter")
    dialog.wait_for(state="hidden")
    assert not pasted(page).startswith("双十一活动时间"), "no is what comes first"
    page.locator(".copy").first.click()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.locator(".copy").first.click()
    dialog.get_by_role("button", name="仍要复制").click()
    page.wait_for_selector(".copy.done")
    assert pasted(page).startswith("双十一活动时间")
    wait_until(lambda: events(shared, "copy")[0].article_id == "coupon-double11-2026")
    assert events(shared, "copy")[0].stale
    page.wait_for_selector(".copy:not(.done)")
    page.locator(".copy").first.click()
    page.wait_for_selector(".copy.done")
    assert not dialog.is_visible(), "asked once"
