"""Article, tree and error page in a real browser; everything without JavaScript; hostile articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import INTRANET, events, offered
from tests.e2e.conftest import OpenPage
from tests.e2e.processes import Desk, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("host", [None, INTRANET])
@pytest.mark.parametrize("scripting", [True, False])
def test_a_vote_is_taken(
    open_page: OpenPage, browser: Browser, scriptless: Browser, host: str | None, scripting: bool
) -> None:
    page = open_page("/a/refund-received", host, using=browser if scripting else scriptless)
    page.get_by_label("补充说明").fill("时限改了")
    page.get_by_role("button", name="内容过时").click()
    page.wait_for_selector(".notice.good")
    assert page.locator(".notice.good").inner_text().strip() == "已记下“内容过时”，谢谢。"


def test_a_vote_keeps_what_was_filled_in_and_is_sent_once(open_page: OpenPage, shared: Desk) -> None:
    page = open_page("/a/refund-not-received")
    before = len(events(shared, "helpful"))
    page.get_by_label("订单号").fill("8848")
    page.get_by_role("button", name="有用").dblclick()
    page.wait_for_selector(".notice.good")
    assert page.get_by_label("订单号").input_value() == "8848"
    wait_until(lambda: len(events(shared, "helpful")) > before)
    assert len(events(shared, "helpful")) == before + 1


def test_a_vote_that_does_not_arrive_can_be_repeated(open_page: OpenPage) -> None:
    page = open_page("/a/refund-received", expected="net::ERR")
    page.context.set_offline(True)
    page.get_by_role("button", name="没用").click()
    page.wait_for_function("() => document.querySelector('#toast').textContent.includes('没有记下')")
    page.context.set_offline(False)
    page.get_by_role("button", name="没用").click()
    page.wait_for_selector(".notice.good")


def test_the_tree_opens_at_a_place_and_shows_it(open_page: OpenPage) -> None:
    page = open_page("/browse?product=mall", viewport={"width": 360, "height": 600})
    page.wait_for_function("() => document.querySelector('[data-here]').getBoundingClientRect().top < 200")
    assert page.locator("#mall").get_by_role("link", name="未收到货退款").is_visible()


def test_an_unknown_address_offers_the_search(open_page: OpenPage) -> None:
    page = open_page("/a/nope", expected="404")
    page.get_by_label("要找什么").fill("退款")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")


def test_everything_is_reached_without_javascript(open_page: OpenPage, scriptless: Browser) -> None:
    page = open_page("/", using=scriptless)
    page.locator("summary", has_text="未收到货退款").click()
    assert page.get_by_text("没收到货也可以申请退款").is_visible()
    page.locator("input[name=q]").fill("未收到货退款")
    page.locator("select[name=channel]").select_option("电话")
    page.get_by_role("button", name="搜索").click()
    assert page.url.endswith("/?q=%E6%9C%AA%E6%94%B6%E5%88%B0%E8%B4%A7%E9%80%80%E6%AC%BE&channel=%E7%94%B5%E8%AF%9D")
    assert page.locator(".hit mark").count() > 0
    page.locator(".why summary").first.click()
    assert "标准问" in page.locator(".why").first.inner_text()
    page.locator(".hit h2 a").first.click()
    assert page.locator(".said h2").first.inner_text() == "电话话术"
    page.get_by_role("link", name="分类浏览").click()
    page.locator("summary", has_text="退款与退货").click()
    page.get_by_role("link", name="未收到货退款").click()
    assert page.locator("h1").inner_text().startswith("未收到货退款")


def test_what_needs_javascript_is_not_shown_without_it(open_page: OpenPage, scriptless: Browser) -> None:
    for path in ("/", "/?q=退款", "/a/refund-received"):
        page = open_page(path, using=scriptless)
        assert page.get_by_role("button", name="复制话术").count() == 0
        assert page.get_by_role("button", name="快捷键").count() == 0
        assert page.get_by_role("searchbox", name="筛选高频问题").count() == 0


@pytest.mark.parametrize(
    "path", ["/", "/a/hostile", "/?q=攻击", "/browse?product=mall", "/?q=<img src onerror=alert(9)>"]
)
def test_nothing_hostile_runs(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    foreign: list[str] = []
    page.on("request", lambda request: foreign.extend([request.url] * ("evil" in request.url)))
    page.locator("input[name=q]").fill("")
    assert any("onerror=alert(1)" in text for text in offered(page, "攻击"))
    page.keyboard.press("Escape")
    for fold in page.locator("#content summary").all():
        fold.dispatch_event("click")
    assert page.locator("script:not([src])").count() == 0
    assert page.locator("#content iframe, #content style, #content [onclick]").count() == 0
    assert foreign == []


@pytest.mark.parametrize("width", [360, 1280])
def test_a_huge_table_scrolls_by_itself(open_page: OpenPage, width: int) -> None:
    page = open_page("/a/hostile", viewport={"width": width, "height": 700})
    table = page.locator(".body table")
    assert table.evaluate("table => table.scrollWidth > table.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
