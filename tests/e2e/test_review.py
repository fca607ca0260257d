"""The review screen under the hands of a reviewer: keys, undo, conflicts, what stays where it was, narrow panels.

Every test has a department of its own on the one server, with four stale articles: a1 to a4, the riskiest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.browser import Windows, log_in
from tests.e2e.processes import Desk, Server, edit, wait_until
from tests.e2e.test_access_commands import PASSWORD, add_user
from tests.unit.article_tree import write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

DEPARTMENTS = 20
ARTICLES = 4
NARROW = {"width": 360, "height": 720}
ARTICLE = """\
---
id: {id}
title: 第{number}条知识
updated: 2026-01-05
verified: 2026-01-{day:02}
verified_by: old-hand
review_every: 90d
---
## 标准话术
48 小时内退。
## 处理步骤
1. 查物流。
"""
FOCUSED_ROW = "document.activeElement.closest('[data-row]')?.dataset.row"


class Department:
    """A product of its own, its address and its files."""

    def __init__(self, desk: Desk, number: int) -> None:
        self.slug, self.owner, self._desk = f"p{number}", f"{number}部", desk
        self.address = f"/review?owner={self.owner}"

    def id(self, number: int) -> str:
        """Of the n-th article in the list."""
        return f"{self.slug}-a{number}"

    def file(self, number: int) -> Path:
        return self._desk.articles / f"{self.slug}/s/{self.id(number)}.md"

    def text(self, number: int) -> str:
        return self.file(number).read_text(encoding="utf-8")


Enter = Callable[..., "Page"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """All departments, and 陈静, who reviews."""
    folder = tmp_path_factory.mktemp("review")
    for number in range(DEPARTMENTS):
        slug = f"p{number}"
        write(folder / "articles", f"{slug}/_index.md", f"---\ntitle: 产品{number}\nowner: {number}部\n---\n")
        write(folder / "articles", f"{slug}/s/_index.md", "---\ntitle: 场景\n---\n")
        for at in range(1, ARTICLES + 1):
            text = ARTICLE.format(id=f"{slug}-a{at}", number=at, day=at)
            write(folder / "articles", f"{slug}/s/{slug}-a{at}.md", text)
    desk = Desk(folder / "articles", folder / "data")
    assert add_user(desk, "陈静", "reviewer") == 0
    return desk


@pytest.fixture(scope="module")
def served(house: Desk) -> Iterator[Server]:
    with house.serve() as server:
        yield server


@pytest.fixture(scope="module")
def departments(house: Desk) -> Iterator[Department]:
    return iter([Department(house, number) for number in range(DEPARTMENTS)])


@pytest.fixture
def ours(departments: Iterator[Department]) -> Department:
    """One that no other test has touched."""
    return next(departments)


@pytest.fixture
def enter(browser: Browser, served: Server) -> Iterator[Enter]:
    """Logs 陈静 in, in a window of her own, and opens a page; at the end no script may have complained."""
    windows = Windows(browser)

    def open_(path: str, using: Browser = browser, expected: str = "", **options: Any) -> Page:
        page = windows.open(using, **{"viewport": {"width": 1280, "height": 800}, **options})
        windows.tolerated.extend(filter(None, [expected]))
        page.set_default_timeout(15_000)
        log_in(page, served, "陈静", PASSWORD)
        page.goto(served.url + path)
        return page

    yield open_
    windows.close()


def rows(page: Page) -> list[str]:
    return [str(row.get_attribute("data-row")) for row in page.locator("[data-row]").all()]


def wait_for_open(page: Page, article_id: str) -> None:
    page.locator(f'#detail[data-detail="{article_id}"]').wait_for()


def opened(enter: Enter, ours: Department, **options: object) -> Page:
    """The list with its first article beside it, hands on the keys."""
    page = enter(ours.address, **options)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    wait_for_open(page, ours.id(1))
    return page


def test_from_row_to_row_by_keys(enter: Enter, ours: Department) -> None:
    page = enter(ours.address)
    assert rows(page) == [ours.id(number) for number in range(1, ARTICLES + 1)]
    for key, at in (("j", 1), ("j", 2), ("ArrowDown", 3), ("k", 2), ("ArrowUp", 1), ("k", 1), ("j", 2)):
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED_ROW) == ours.id(at)
    page.keyboard.press("o")
    wait_for_open(page, ours.id(2))
    assert page.evaluate(FOCUSED_ROW) == ours.id(2)
    assert "查物流" in page.locator("#detail").inner_text()
    assert page.locator("#announcer").inner_text() == "已打开：第2条知识"
    page.keyboard.press("Escape")
    page.locator(".nothing-open").wait_for()
    assert page.evaluate(FOCUSED_ROW) == ours.id(2)


def test_a_confirmed_row_goes_the_next_is_opened_and_undo_brings_it_back(enter: Enter, ours: Department) -> None:
    before = ours.text(1)
    page = opened(enter, ours)
    page.keyboard.press("c")
    wait_for_open(page, ours.id(2))
    assert rows(page) == [ours.id(2), ours.id(3), ours.id(4)]
    assert page.evaluate(FOCUSED_ROW) == ours.id(2)
    assert "已确认有效《第1条知识》" in page.locator("#toast").inner_text()
    assert page.locator("[data-total]").inner_text() == "3"
    assert "verified_by: 陈静" in ours.text(1)
    page.keyboard.press("u")
    wait_for_open(page, ours.id(1))
    assert rows(page)[0] == ours.id(1)
    assert page.evaluate(FOCUSED_ROW) == ours.id(1)
    assert ours.text(1) == before


def test_the_toast_takes_it_back_too(enter: Enter, ours: Department) -> None:
    before = ours.text(1)
    page = opened(enter, ours)
    page.get_by_role("button", name="确认有效", exact=True).click()
    page.locator("#toast").get_by_role("button", name="撤销").click()
    wait_for_open(page, ours.id(1))
    assert ours.text(1) == before


def test_a_row_is_opened_before_it_is_judged(enter: Enter, ours: Department) -> None:
    page = opened(enter, ours)
    page.keyboard.press("j")
    page.keyboard.press("c")
    wait_for_open(page, ours.id(2))
    assert len(rows(page)) == ARTICLES
    assert "old-hand" in ours.text(2)


def test_before_any_row_is_chosen_a_key_opens_the_first_and_there_is_nothing_to_undo(
    enter: Enter, ours: Department
) -> None:
    page = enter(ours.address)
    page.keyboard.press("u")
    page.locator("#toast", has_text="没有可以撤销的结论").wait_for()
    page.keyboard.press("c")
    wait_for_open(page, ours.id(1))
    assert len(rows(page)) == ARTICLES
    assert "old-hand" in ours.text(1)


def test_what_is_sent_back_says_why(enter: Enter, ours: Department) -> None:
    page = opened(enter, ours)
    page.keyboard.press("r")
    note = page.get_by_label("写给负责这条知识的同事")
    page.keyboard.press("Control+Enter")  # nothing is sent without a note
    page.keyboard.type("cu?ja")  # letters, while somebody writes
    cdp = page.context.new_cdp_session(page)
    cdp.send("Input.imeSetComposition", {"text": "tuikuan", "selectionStart": 7, "selectionEnd": 7})
    cdp.send("Input.insertText", {"text": "退款"})
    assert note.input_value() == "cu?ja退款"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('summary')")
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    wait_for_open(page, ours.id(2))
    page.goto(page.url.split("?")[0] + "?mine=1")
    card = page.locator(".item", has_text="第1条知识").filter(has_text="产品" + ours.slug[1:])
    assert "cu?ja退款" in card.inner_text()


def test_archiving_asks_once(enter: Enter, ours: Department) -> None:
    before = ours.text(1)
    page = opened(enter, ours)
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.value") == "archive"
    page.keyboard.press("Escape")
    assert ours.text(1) == before
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    wait_for_open(page, ours.id(2))
    assert "status: archived" in ours.text(1)
    page.keyboard.press("u")
    wait_for_open(page, ours.id(1))
    assert ours.text(1) == before


def test_two_presses_judge_no_row_unseen(enter: Enter, ours: Department) -> None:
    page = opened(enter, ours)
    sent: list[str] = []
    held: list[Route] = []
    page.route("**/review/*", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    page.on("request", lambda request: sent.extend([request.url] * (request.method == "POST")))
    page.keyboard.press("c")
    page.keyboard.press("c")
    wait_until(lambda: page.evaluate("true") and bool(held))  # routes are told while the page is asked something
    assert len(sent) == len(held) == 1
    held[0].continue_()
    wait_for_open(page, ours.id(2))
    assert len(rows(page)) == ARTICLES - 1


def test_somebody_else_was_faster_and_nothing_is_lost(enter: Enter, ours: Department, served: Server) -> None:
    page = opened(enter, ours, expected="409")
    edit(ours.file(1), "48 小时", "72 小时")
    wait_until(lambda: "72 小时" in served.get(f"/api/v1/articles/{ours.id(1)}")["source"])
    page.keyboard.press("r")
    page.keyboard.type("应是 72 小时")
    page.keyboard.press("Control+Enter")
    page.locator("#detail .notice.bad").wait_for()
    assert page.locator("#detail .others del").all_inner_texts() == ["48"]
    assert page.get_by_label("写给负责这条知识的同事").input_value() == "应是 72 小时"
    assert len(rows(page)) == ARTICLES
    page.get_by_role("button", name="仍然确认有效").click()
    wait_for_open(page, ours.id(2))
    assert "陈静" in ours.text(1)


def test_without_a_server_nothing_moves(enter: Enter, ours: Department) -> None:
    page = opened(enter, ours, expected="ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.keyboard.press("c")
    page.locator("#toast", has_text="没有记下").wait_for()
    page.context.set_offline(False)
    assert len(rows(page)) == ARTICLES
    page.keyboard.press("c")
    wait_for_open(page, ours.id(2))


def test_everything_is_where_it_was_after_a_reload(enter: Enter, ours: Department) -> None:
    page = opened(enter, ours)
    page.keyboard.press("c")
    wait_for_open(page, ours.id(2))
    page.reload()
    wait_for_open(page, ours.id(2))
    assert rows(page) == [ours.id(2), ours.id(3), ours.id(4)]
    assert page.evaluate(FOCUSED_ROW) == ours.id(2)
    assert page.get_by_label("业务部门").input_value() == ours.owner
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED_ROW) == ours.id(3)


def test_what_was_judged_before_a_reload_is_taken_back_too(enter: Enter, ours: Department) -> None:
    before = ours.text(1)
    page = opened(enter, ours)
    page.keyboard.press("c")
    wait_for_open(page, ours.id(2))
    page.reload()
    page.keyboard.press("u")
    wait_for_open(page, ours.id(1))
    assert rows(page)[0] == ours.id(1)
    assert ours.text(1) == before


def test_what_cannot_be_taken_back_any_more_is_said(enter: Enter, ours: Department, served: Server) -> None:
    page = opened(enter, ours, expected="409")
    page.keyboard.press("c")
    wait_for_open(page, ours.id(2))
    edit(ours.file(1), "48 小时", "72 小时")
    wait_until(lambda: "72 小时" in served.get(f"/api/v1/articles/{ours.id(1)}")["source"])
    page.get_by_role("button", name="撤销上一步").click()
    page.locator("#toast", has_text="没有撤销").wait_for()
    assert "72 小时" in ours.text(1)
    assert page.get_by_role("button", name="撤销上一步").is_hidden()


def test_the_last_row_leaves_an_empty_list_behind(enter: Enter, ours: Department) -> None:
    page = opened(enter, ours)
    for number in range(1, ARTICLES + 1):
        wait_for_open(page, ours.id(number))
        page.keyboard.press("c")
    page.locator("[data-nothing-left]").wait_for()
    assert rows(page) == []
    assert page.locator("[data-total]").inner_text() == "0"
    assert page.get_by_text("确认选中的").is_hidden()
    assert page.get_by_text("从清单里打开一条").is_hidden()
    page.keyboard.press("u")
    wait_for_open(page, ours.id(4))
    assert rows(page) == [ours.id(4)]


def test_the_keys_are_told_and_can_be_switched_off(enter: Enter, ours: Department) -> None:
    page = enter(ours.address)
    page.keyboard.press("?")
    table = page.get_by_role("dialog", name="快捷键")
    assert "撤销上一个结论" in table.inner_text()
    table.get_by_label("使用快捷键").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED_ROW) is None
    page.get_by_role("link", name="第1条知识").click()
    wait_for_open(page, ours.id(1))
    page.keyboard.press("c")
    assert len(rows(page)) == ARTICLES


def test_half_an_hour_gives_a_list_that_is_worked_through(enter: Enter, ours: Department) -> None:
    page = enter(ours.address)
    page.get_by_label("我有").fill("2")
    page.get_by_role("button", name="排一份清单").click()
    page.get_by_text("这 2 条").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("o")
    wait_for_open(page, ours.id(1))
    page.keyboard.press("c")
    wait_for_open(page, ours.id(2))
    page.reload()
    assert rows(page) == [ours.id(2)]
    page.get_by_role("link", name="看全部").first.click()
    page.wait_for_url(lambda address: "only" not in address)
    assert rows(page) == [ours.id(2), ours.id(3), ours.id(4)]


def test_several_at_once_are_shown_before_they_are_confirmed(enter: Enter, ours: Department) -> None:
    page = opened(enter, ours)
    page.keyboard.press("c")
    wait_for_open(page, ours.id(2))
    page.get_by_label("全选本页").check()
    page.get_by_label("选中“第4条知识”").uncheck()
    page.get_by_role("button", name="确认选中的").click()
    page.get_by_role("heading", name="将确认 2 条").wait_for()
    assert "old-hand" in ours.text(2)
    page.get_by_role("button", name="确认这 2 条").click()
    page.get_by_text("已确认 2 条").wait_for()
    assert ["陈静" in ours.text(number) for number in range(1, ARTICLES + 1)] == [True, True, True, False]
    page.get_by_role("button", name="全部撤销").click()
    page.locator("[data-row]").first.wait_for()
    assert rows(page) == [ours.id(2), ours.id(3), ours.id(4)]


def test_in_a_narrow_panel_the_article_takes_the_place_of_the_list(enter: Enter, ours: Department) -> None:
    page = enter(ours.address, viewport=NARROW)
    page.get_by_role("link", name="第1条知识").click()
    wait_for_open(page, ours.id(1))
    assert page.locator("[data-queue]").is_hidden()
    assert page.get_by_role("heading", name="第1条知识").is_visible()
    page.get_by_role("button", name="确认有效", exact=True).click()
    wait_for_open(page, ours.id(2))
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.get_by_role("link", name="回到清单").click()
    assert page.locator("[data-queue]").is_visible()


def test_nothing_shifts_when_a_row_is_opened_and_all_works_without_scripts(
    enter: Enter, ours: Department, scriptless: Browser
) -> None:
    page = enter(ours.address)
    places = (
        "() => [...document.querySelectorAll('[data-row], #detail')].map((e) => e.getBoundingClientRect().toJSON())"
    )
    before = page.evaluate(places)
    page.keyboard.press("j")
    page.keyboard.press("o")
    wait_for_open(page, ours.id(1))
    same = ("x", "y", "width")
    assert [[box[name] for name in same] for box in page.evaluate(places)] == [
        [box[name] for name in same] for box in before
    ]
    page = enter(ours.address, using=scriptless)
    page.get_by_role("link", name="第1条知识").click()
    page.get_by_role("button", name="确认有效", exact=True).click()
    page.get_by_text("已确认有效《第1条知识》").wait_for()
    assert page.locator("#detail-title").inner_text() == "第2条知识"
    page.get_by_role("button", name="撤销", exact=True).click()
    page.wait_for_load_state()
    assert rows(page)[0] == ours.id(1)
    assert "old-hand" in ours.text(1)
