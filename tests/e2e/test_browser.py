"""The pages in a real browser: typing, choosing, copying; with an input method, without JavaScript, under attack."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NoReturn

import pytest

from kb.ports.store import Event
from kb.store.database import Database
from kb.store.events import EventLog
from tests.conftest import ARTICLES
from tests.e2e.processes import Desk, Server, wait_until
from tests.unit.article_tree import write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: Resolves to this machine, but browsers don't trust it as they trust localhost: no clipboard API, no Sec-Fetch-Site.
INTRANET = "kb.example"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    f"--host-resolver-rules=MAP {INTRANET} 127.0.0.1",
)
HOSTILE = """\
---
id: hostile
title: '"><img src=x onerror=alert(1)>攻击'
questions: ['<script>alert(2)</script>']
---
## 标准话术
<script>alert(3)</script><img src=x onerror=alert(4)>
## 处理步骤
<img src="/static/icon.svg" onload=alert(5)><svg onload=alert(6)><a href="javascript:alert(7)">点我</a>
<iframe srcdoc="<script>alert(8)</script>"></iframe><style>* { display: none }</style><b>结束
"""


def missing(what: str) -> NoReturn:
    """Without a browser these tests are skipped at home and fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is needed in CI")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        missing("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The repository's articles and a hostile one."""
    folder = tmp_path_factory.mktemp("browser")
    write(shutil.copytree(ARTICLES, folder / "articles"), "mall/refund/hostile.md", HOSTILE)
    return Desk(folder / "articles", folder / "data")


@pytest.fixture(scope="module")
def server(browser: Browser, shared: Desk) -> Iterator[Server]:
    with shared.serve() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[Callable[..., Page]]:
    """Opens an address in a fresh window; at the end nothing may have been complained about."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def open_(path: str, host: str | None = None, **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("console", lambda message: complaints.extend([message.text] * (message.type == "error")))
        page.goto((server.url.replace("127.0.0.1", host) if host else server.url) + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    # Said about every page that does not come over HTTPS; the header does no harm there.
    assert [text for text in complaints if "Cross-Origin-Opener-Policy" not in text] == []


def offered(page: Page, typed: str) -> list[str]:
    """Type and read the suggestions."""
    page.keyboard.type(typed)
    page.wait_for_selector("#suggestions li")
    return page.locator("#suggestions .text").all_inner_texts()


def events(desk: Desk, kind: str) -> list[Event]:
    since = datetime.now(timezone.utc) - timedelta(minutes=10)
    return EventLog(Database(desk.data / "zhida.db")).recent([kind], since)


def test_typing_offers_articles_and_the_chosen_one_opens(open_page: Callable[..., Page], shared: Desk) -> None:
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


def test_enter_searches_for_what_was_typed(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.keyboard.type("没收到货怎么退款")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=**")
    first = page.locator(".hit").first
    assert "未收到货退款" in first.inner_text()
    assert first.locator("mark").count() > 0


def test_escape_closes_and_the_pointer_opens(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    offered(page, "tk")
    page.keyboard.press("Escape")
    assert page.locator("#suggestions").is_hidden()
    assert page.locator("input[name=q]").input_value() == "tk"
    page.keyboard.press("ArrowDown")
    page.locator("#suggestions li", has_text="已收到货退款").click()
    page.wait_for_url("**/a/refund-received")


def test_a_late_answer_is_dropped(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.route(lambda url: "q=%E9%80%80&" in url, lambda route: None)  # 退 alone is never answered
    with page.expect_request("**/suggest**"):
        page.keyboard.type("退")
    with page.expect_event("requestfailed"):
        assert "未收到货退款" in offered(page, "款")


def test_keys_of_an_input_method_are_left_to_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    offered(page, "退款")
    page.keyboard.press("ArrowDown")
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "dao'zhang", "selectionStart": 9, "selectionEnd": 9})
    for key in ({"key": "Enter", "windowsVirtualKeyCode": 13}, {"key": "Process", "windowsVirtualKeyCode": 229}):
        keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    with page.expect_request("**/suggest**") as asked:
        keyboard.send("Input.insertText", {"text": "到账"})
    assert "q=%E9%80%80%E6%AC%BE%E5%88%B0%E8%B4%A6" in asked.value.url, "asked for what the composition became"
    assert page.url.endswith("/")


@pytest.mark.parametrize("host", [None, INTRANET])
def test_a_script_is_copied(open_page: Callable[..., Page], shared: Desk, host: str | None) -> None:
    page = open_page("/a/refund-not-received", host)
    before = len(events(shared, "copy"))
    button = page.get_by_role("button", name="复制话术").first
    button.click()
    page.wait_for_function("document.querySelector('.copy').textContent === '已复制'")
    assert pasted(page).startswith("您好{{客户称呼}}，没收到货也可以申请退款")
    wait_until(lambda: len(events(shared, "copy")) == before + 1)


def test_an_expired_script_is_copied_only_when_asked_twice(open_page: Callable[..., Page], shared: Desk) -> None:
    page = open_page("/a/coupon-double11-2026")
    button = page.locator(".copy").first
    button.click()
    assert button.inner_text() == "已失效，仍要复制？"
    assert not pasted(page).startswith("双十一活动时间")
    button.click()
    page.wait_for_function("document.querySelector('.copy').textContent === '已复制'")
    assert pasted(page).startswith("双十一活动时间")
    wait_until(lambda: events(shared, "copy")[0].article_id == "coupon-double11-2026")
    assert events(shared, "copy")[0].stale


def pasted(page: Page) -> str:
    """What is on the clipboard."""
    box = page.locator("input[name=q]")
    box.fill("")
    box.press("Control+v")
    return box.input_value()


@pytest.mark.parametrize("host", [None, INTRANET])
@pytest.mark.parametrize("scripting", [True, False])
def test_a_vote_is_taken(open_page: Callable[..., Page], host: str | None, scripting: bool) -> None:
    page = open_page("/a/refund-received", host, java_script_enabled=scripting)
    page.get_by_role("button", name="内容过时").click()
    assert page.locator(".notice.good").inner_text() == "已记下“内容过时”，谢谢。"


def test_everything_is_reached_without_javascript(open_page: Callable[..., Page]) -> None:
    page = open_page("/", java_script_enabled=False)
    page.locator("summary", has_text="未收到货退款").click()
    assert page.get_by_text("没收到货也可以申请退款").is_visible()
    assert page.get_by_role("button", name="复制话术").count() == 0
    page.locator("input[name=q]").fill("未收到货退款")
    page.locator("select[name=channel]").select_option("电话")
    page.get_by_role("button", name="搜索").click()
    assert page.locator(".hit mark").count() > 0
    page.locator(".hit a").first.click()
    assert page.locator("h2").first.inner_text() == "电话话术"
    page.get_by_role("link", name="分类浏览").click()
    page.locator("summary", has_text="退款与退货").click()
    page.get_by_role("link", name="未收到货退款").click()
    assert page.locator("h1").inner_text().startswith("未收到货退款")


@pytest.mark.parametrize(
    "path", ["/", "/a/hostile", "/?q=攻击", "/browse?product=mall", "/?q=<img src onerror=alert(9)>"]
)
def test_nothing_hostile_runs(open_page: Callable[..., Page], path: str) -> None:
    page = open_page(path)
    page.locator("input[name=q]").fill("")
    assert any("onerror=alert(1)" in text for text in offered(page, "攻击"))
    assert page.locator("script:not([src])").count() == 0


@pytest.mark.parametrize("path", ["/", "/?q=退款", "/a/refund-not-received", "/browse?product=mall", "/?q=xyzzyq"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_panel_shows_everything(open_page: Callable[..., Page], path: str, scheme: str) -> None:
    page = open_page(path, viewport={"width": 320, "height": 600}, color_scheme=scheme)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 320
