"""The agent's product and channel: in the address, remembered on the machine, never forced on a link."""

from __future__ import annotations

from tests.e2e.browser import pasted, search
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
    assert page.locator(".said .keycap").all_inner_texts() == ["Alt 1", "Alt 2"], "the keys follow the place"
    assert page.locator(".said .primary").count() == 1
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".said:first-child .copy.primary.done")
    assert pasted(page).startswith("{{客户称呼}}，您别着急")


def test_an_article_for_other_channels_says_so(open_page: OpenPage) -> None:
    notice = "这条知识不适用于微信渠道（适用：官网、电话）。"
    page = open_page("/a/ent-credit-apply?channel=微信", java_script_enabled=False)
    assert page.get_by_text(notice).is_visible()
    page = open_page("/a/ent-credit-apply")
    assert page.get_by_text("不适用于").is_hidden()
    page.evaluate("localStorage.setItem('zhida.channel', JSON.stringify('微信'))")
    page.reload()
    assert page.get_by_text(notice).is_visible()
    page.locator("select[name=channel]").select_option("电话")
    page.wait_for_url("**channel=**")
    assert page.get_by_text("不适用于").is_hidden()
