"""The search box in a real browser: suggestions, keys, and an input method that is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import events, offered
from tests.e2e.conftest import OpenPage
from tests.e2e.processes import Desk, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page


def test_typing_offers_articles_and_the_chosen_one_opens(open_page: OpenPage, shared: Desk) -> None:
    page = open_page("/")
    box = page.get_by_role("combobox", name="搜索知识")
    texts = offered(page, "退款")
    assert {"未收到货退款", "已收到货退款"} <= set(texts)
    assert box.get_attribute("aria-expanded") == "true"
    assert box.get_attribute("aria-activedescendant") is None, "nothing is chosen beforehand"
    index = texts.index("未收到货退款")
    for _ in range(index + 1):
        page.keyboard.press("ArrowDown")
    chosen = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    assert chosen.get_attribute("aria-selected") == "true"
    assert "未收到货退款" in chosen.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/a/refund-not-received")
    wait_until(lambda: bool(events(shared, "pick")))
    pick = events(shared, "pick")[0]
    assert (pick.article_id, pick.query, pick.position) == ("refund-not-received", "退款", index + 1)
    assert pick.ms


def test_one_character_is_enough_and_matches_are_marked(open_page: OpenPage) -> None:
    page = open_page("/")
    assert all("退" in text for text in offered(page, "退")[:3])
    assert page.locator("#suggestions li").first.locator("mark").inner_text() == "退"
    assert "›" in page.locator("#suggestions .place").first.inner_text()


def test_a_suggestion_says_which_question_of_customers_it_is_offered_for(open_page: OpenPage) -> None:
    page = open_page("/")
    offered(page, "快递丢了能退")
    row = page.locator("#suggestions li", has_text="未收到货退款")
    assert row.locator(".asked").inner_text() == "“快递丢了能退钱吗”"
    assert row.locator(".text mark").count() == 0


def test_a_suggestion_that_needs_checking_says_so(open_page: OpenPage) -> None:
    page = open_page("/")
    offered(page, "双十一优惠")
    assert page.locator("#suggestions li").first.locator(".badge").inner_text() == "已失效"


def test_a_suggested_place_is_searched_for(open_page: OpenPage) -> None:
    page = open_page("/")
    offered(page, "投诉升级")
    page.locator("#suggestions li", has_text="问题场景").first.click()
    page.wait_for_url("**/?q=**")
    assert page.locator(".hit").count() > 0


def test_escape_closes_and_the_pointer_opens(open_page: OpenPage) -> None:
    page = open_page("/")
    offered(page, "tk")
    page.keyboard.press("Escape")
    assert page.locator("#suggestions").is_hidden()
    assert page.locator("input[name=q]").input_value() == "tk"
    page.keyboard.press("ArrowDown")
    page.locator("#suggestions li", has_text="已收到货退款").click()
    page.wait_for_url("**/a/refund-received")


def test_the_arrow_to_the_right_accepts(open_page: OpenPage) -> None:
    page = open_page("/")
    first, second = offered(page, "tuik")[:2]
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=q]").input_value() == first
    page.locator("input[name=q]").fill("")
    offered(page, "tuik")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=q]").input_value() == second
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=q]").input_value() == second, "within the text it moves as ever"


def test_a_late_answer_is_dropped(open_page: OpenPage) -> None:
    page = open_page("/")
    page.route(lambda url: "q=%E9%80%80&" in url, lambda route: None)  # 退 alone is never answered
    with page.expect_request("**/suggest**"):
        page.keyboard.type("退")
    with page.expect_event("requestfailed"):
        assert "未收到货退款" in offered(page, "款")


def test_a_query_can_not_be_longer_than_the_server_takes(open_page: OpenPage) -> None:
    page = open_page("/")
    page.keyboard.insert_text("退" * 300)
    assert page.locator("input[name=q]").input_value() == "退" * 200
    page.keyboard.press("Enter")
    page.wait_for_selector("#found")


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page("/")


@pytest.fixture
def method(page: Page) -> CDPSession:
    """An input method at work in the search box."""
    return page.context.new_cdp_session(page)


def compose(method: CDPSession, text: str) -> None:
    method.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})


def test_nothing_is_asked_while_composing(page: Page, method: CDPSession) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.extend([request.url] * ("/api/" in request.url)))
    for typed in ("t", "tu", "tui", "tui'k", "tui'kuan"):
        compose(method, typed)
    with page.expect_request("**/suggest**") as request:
        method.send("Input.insertText", {"text": "退款"})
    assert "q=%E9%80%80%E6%AC%BE" in request.value.url
    assert asked == [request.value.url]


def test_keys_of_an_input_method_are_left_to_it(page: Page, method: CDPSession) -> None:
    offered(page, "退款")
    page.keyboard.press("ArrowDown")
    compose(method, "dao'zhang")
    for key in ({"key": "Enter", "windowsVirtualKeyCode": 13}, {"key": "Process", "windowsVirtualKeyCode": 229}):
        method.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    with page.expect_request("**/suggest**") as asked:
        method.send("Input.insertText", {"text": "到账"})
    assert "q=%E9%80%80%E6%AC%BE%E5%88%B0%E8%B4%A6" in asked.value.url, "asked for what the composition became"
    assert page.url.endswith("/")


def test_the_enter_that_ended_a_composition_searches_for_nothing(page: Page) -> None:
    """Safari ends the composition first and sends the key press after it, as if it were the page's."""
    prevented = page.evaluate("""() => {
      const box = document.querySelector("[name=q]");
      box.value = "退款";
      box.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
      box.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
      const enter = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
      return !box.dispatchEvent(enter);
    }""")
    assert prevented
    page.wait_for_selector("#suggestions li")
    assert page.url.endswith("/")
