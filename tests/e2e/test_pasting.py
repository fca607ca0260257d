"""What a customer said, pasted as a whole: answered sentence by sentence, by keys alone, and in no address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import pasted
from tests.e2e.conftest import OpenPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SAID = "您好，在吗\n我的订单显示已发货但没物流信息，手机13812345678\n发票抬头开错了怎么重开？谢谢"


def paste(page: Page, text: str) -> None:
    """Ctrl+V of ``text`` into the search box."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator("input[name=q]").focus()
    page.keyboard.press("Control+V")


def test_a_pasted_chat_is_answered_sentence_by_sentence(open_page: OpenPage) -> None:
    page = open_page("/?channel=微信", permissions=["clipboard-read", "clipboard-write"])
    paste(page, SAID)
    page.wait_for_selector(".answers")
    assert "13812345678" not in page.url
    assert page.locator("select[name=channel]").input_value() == "微信"
    headings = page.locator(".answers > h2").all_inner_texts()
    assert "“发票抬头开错了怎么重开？”" in headings
    assert any("没物流信息" in heading for heading in headings)
    assert page.locator(".answers .hit").count() <= 9
    page.keyboard.press("Escape")
    page.locator("#content").focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('.hit') !== null")
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".copy.done")
    assert pasted(page).strip()


def test_a_short_question_is_pasted_into_the_box(open_page: OpenPage) -> None:
    page = open_page("/", permissions=["clipboard-read", "clipboard-write"])
    paste(page, "未收到货退款怎么办？")
    assert page.locator("input[name=q]").input_value() == "未收到货退款怎么办？"
    assert page.url.endswith("/")


def test_another_channel_answers_the_same_chat_anew(open_page: OpenPage) -> None:
    page = open_page("/recommend")
    page.locator("textarea").fill("没收到货怎么退款")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".answers")
    with page.expect_navigation():
        page.locator("select[name=channel]").select_option("电话")
    assert "您别着急" in page.locator(".answers .script-text").first.inner_text()


@pytest.mark.parametrize(("said", "told"), [("😀😀", "没有要查的问题"), ("退" * 4001, "超过 4000 字的上限")])
def test_what_can_not_be_answered_is_said_and_kept(
    open_page: OpenPage, scriptless: Browser, said: str, told: str
) -> None:
    page = open_page("/recommend", using=scriptless, expected="400")
    page.locator("textarea").evaluate("(box, text) => { box.maxLength = 9999; box.value = text }", said)
    page.locator(".chat button").click()
    page.wait_for_selector(".notice")
    assert told in page.locator(".notice").inner_text()
    assert page.locator("textarea").input_value() == said
