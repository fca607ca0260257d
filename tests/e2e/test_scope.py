"""The agent's product and channel: in the address, remembered on the machine, never forced on a link."""

from __future__ import annotations

from tests.e2e.browser import search
from tests.e2e.conftest import OpenPage


def test_product_and_channel_are_remembered(open_page: OpenPage) -> None:
    page = open_page("/")
    page.locator("select[name=channel]").select_option("电话")
    page.wait_for_url("**/?channel=**")
    page.locator("select[name=product]").select_option("网上商城")
    page.wait_for_url("**product=mall**")
    page.wait_for_function("() => document.querySelectorAll('#faq h3').length === 1")
    page.goto(page.url.split("?")[0])
    page.wait_for_url("**/?product=mall&channel=**")
    search(page, "退款")
    assert page.url.split("?")[1].startswith("q=%E9%80%80%E6%AC%BE&product=mall&channel=")
    assert set(page.locator(".hit .meta a:first-child").all_inner_texts()) == {"网上商城"}


def test_a_link_carries_the_whole_state(open_page: OpenPage) -> None:
    page = open_page("/")
    page.locator("select[name=channel]").select_option("电话")
    page.wait_for_url("**/?channel=**")
    page.goto(page.url.split("?")[0] + "?q=退款&channel=微信")
    assert page.locator("select[name=channel]").input_value() == "微信"
    page.goto(page.url.split("?")[0] + "?q=退款")
    assert page.locator("select[name=channel]").input_value() == "", "somebody else's link is shown as it was sent"


def test_addresses_have_no_empty_parameters(open_page: OpenPage) -> None:
    page = open_page("/")
    search(page, "发票")
    assert page.url.endswith("/?q=%E5%8F%91%E7%A5%A8")
    page.locator("input[name=q]").fill("")
    page.keyboard.press("Enter")
    page.wait_for_selector('.desk[data-view="home"]')
    assert page.url.endswith("/")


def test_an_article_shows_the_script_of_the_remembered_channel_first(open_page: OpenPage) -> None:
    page = open_page("/a/refund-not-received")
    assert page.locator(".said h2").first.inner_text() == "标准话术"
    page.locator("select[name=channel]").select_option("电话")
    page.wait_for_url("**channel=**")
    assert page.locator(".said h2").first.inner_text() == "电话话术"
    page.goto(page.url.split("?")[0])
    assert page.locator(".said h2").first.inner_text() == "电话话术"
