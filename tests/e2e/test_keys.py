"""Hands on the keyboard: shortcuts, the table of them, and how to do without."""

from __future__ import annotations

from tests.e2e.browser import pasted, search
from tests.e2e.conftest import OpenPage

FOCUSED = "document.activeElement.name || document.activeElement.getAttribute('aria-label')"


def test_slash_and_ctrl_k_go_to_the_search_box(open_page: OpenPage) -> None:
    page = open_page("/a/refund-received")
    for key in ("/", "Control+k"):
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED) == "q"
    assert page.locator("input[name=q]").input_value() == ""


def test_f_goes_to_the_filter_and_is_a_letter_while_typing(open_page: OpenPage) -> None:
    page = open_page("/?q=退款", viewport={"width": 1280, "height": 800})
    page.wait_for_selector("#faq .entry")
    page.keyboard.press("f")
    assert page.evaluate(FOCUSED) == "筛选高频问题"
    page.keyboard.type("f/?c")
    assert page.locator("[data-faq-filter]").input_value() == "f/?c"


def test_f_leads_to_the_filter_from_everywhere(open_page: OpenPage) -> None:
    page = open_page("/a/refund-received")
    page.keyboard.press("f")
    page.wait_for_url("**/#filter")
    page.wait_for_function("() => document.activeElement.matches('[data-faq-filter]')")


def test_ctrl_f_is_left_to_the_browser(open_page: OpenPage) -> None:
    page = open_page("/")
    page.evaluate("addEventListener('keydown', (event) => { window.prevented = event.defaultPrevented; })")
    page.keyboard.press("Control+f")
    assert page.evaluate("window.prevented") is False


def test_alt_and_a_digit_copy_that_script_also_while_typing(open_page: OpenPage) -> None:
    page = open_page("/")
    search(page, "退款")
    assert page.evaluate(FOCUSED) == "q"
    page.keyboard.press("Alt+2")
    page.wait_for_selector(".copy.done")
    folded = page.locator(".hit .preview").nth(1).text_content()
    assert pasted(page).translate(str.maketrans("", "", "{}")) == folded
    assert page.locator("input[name=q]").input_value() == "退款"


def test_escape_leaves_the_search_box_with_its_words(open_page: OpenPage) -> None:
    page = open_page("/")
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    assert page.evaluate(FOCUSED) == "筛选高频问题"
    search(page, "退款")
    page.keyboard.press("Escape")
    assert page.locator("input[name=q]").input_value() == "退款"
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="快捷键").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate(FOCUSED) == "q"


def test_from_the_box_to_the_hits_and_into_their_blanks(open_page: OpenPage) -> None:
    page = open_page("/")
    search(page, "退款")
    titles = page.locator(".hit h2 a").all_inner_texts()
    focused = "document.activeElement.textContent"
    for key, at in (("ArrowDown", 0), ("ArrowDown", 1), ("j", 2), ("k", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        assert page.evaluate(focused) == titles[at]
    page.keyboard.press("ArrowUp")
    assert page.evaluate(FOCUSED) == "q"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.type("王女士")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit:nth-child(2) .copy.done")
    page.keyboard.press("Escape")
    assert page.evaluate(focused) == titles[1]
    assert "王女士" in pasted(page)


def test_down_asks_for_suggestions_when_the_words_are_new(open_page: OpenPage) -> None:
    page = open_page("/")
    search(page, "退款")
    page.keyboard.type("到账")
    page.wait_for_selector("#suggestions li")
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == "q"
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#suggestions li")
    assert page.evaluate(FOCUSED) == "q"


def test_the_table_of_keys_opens_and_closes(open_page: OpenPage) -> None:
    page = open_page("/a/refund-received")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="快捷键")
    assert dialog.is_visible()
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    page.get_by_role("button", name="快捷键").click()
    dialog.get_by_role("button", name="知道了").click()
    assert dialog.is_hidden()


def test_shortcuts_can_be_switched_off_for_good(open_page: OpenPage) -> None:
    page = open_page("/a/refund-received")
    page.keyboard.press("?")
    page.get_by_label("使用快捷键").uncheck()
    page.keyboard.press("Escape")
    for _ in range(2):
        page.keyboard.press("/")
        page.keyboard.press("Alt+1")
        page.keyboard.press("?")
        assert page.evaluate(FOCUSED) != "q"
        assert page.locator(".copy.done").count() == 0
        assert page.get_by_role("dialog").count() == 0
        page.reload()
    page.get_by_role("button", name="快捷键").click()
    page.get_by_label("使用快捷键").check()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate(FOCUSED) == "q"


def test_from_question_to_clipboard_without_a_mouse(open_page: OpenPage) -> None:
    page = open_page("/")
    page.keyboard.type("mslockx")
    page.keyboard.press("Control+a")
    page.keyboard.type("门锁没电")
    page.wait_for_selector("#suggestions li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/a/**")
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".copy.done")
    assert "9V 方形电池" in pasted(page)
