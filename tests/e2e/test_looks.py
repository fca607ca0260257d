"""What can be said about looks by measuring: nothing sticks out, fingers hit, contrast and names pass axe-core."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from kb.model import State
from tests.e2e.browser import missing
from tests.e2e.conftest import OpenPage
from tests.e2e.processes import Desk, Server
from tests.e2e.test_access_commands import PASSWORD, add_user

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: how the mark of a badge is drawn, its colour aside
SHAPE = """state => {
  const badge = document.body.appendChild(document.createElement("span"));
  badge.className = `badge ${state}`;
  const drawn = getComputedStyle(badge, "::before");
  return [drawn.clipPath, drawn.borderRadius, drawn.borderStyle, String(drawn.backgroundImage != "none")];
}"""

PAGES = [
    "/",
    "/?q=退款",
    "/a/refund-not-received",
    "/a/coupon-double11-2026",
    "/browse?product=mall",
    "/?q=饕餮tuikuanx",
    "/login",
]

#: What owners, reviewers and administrators see once they have logged in.
STAFF_PAGES = [
    "/edit/refund-received",
    "/edit/refund-received?mode=source",
    "/edit?q=发票能换抬头吗",
    "/a/refund-received",
    "/a/refund-received/history",
    "/a/refund-received/manage",
    "/bulk",
    "/gaps",
    "/review",
    "/review?open=refund-received",
    "/review?minutes=30",
    "/review?mine=1",
    "/review/refund-received",
    "/reports",
    "/dictionaries",
    "/browse?status=draft",
    "/browse?status=archived",
    "/admin",
    "/admin/audit",
    "/account",
]

#: What is pressed, but for links within running text; the height that counts is that of the row they stand in.
TARGETS = """() => [...document.querySelectorAll("button, select, input, summary, .chip, a.row, a.button")]
  .filter((target) => target.checkVisibility() && !target.closest(".sr-only, .skip, .script-text, .ways-in"))
  .map((target) => [target.outerHTML.slice(0, 90), Math.round(target.getBoundingClientRect().height)])
  .filter(([, height]) => height > 0 && height < 32)"""


#: Boxes are pressed by their labels, which are as high as lines of text are.
STAFF_TARGETS = TARGETS.replace("input,", "input:not([type=checkbox], [type=radio]),")

SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  const add = (list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value; };
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
})"""


@pytest.fixture(scope="session")
def administrator(shared: Desk) -> str:
    """Somebody who sees every page, and a gap, a draft and what else stands on them."""
    assert add_user(shared, "boss", "admin") == 0
    return "boss"


@pytest.fixture
def staff_page(open_page: OpenPage, server: Server, administrator: str) -> OpenPage:
    """Opens a page as the administrator, all its folds open."""

    def open_(path: str) -> Page:
        server.post("/api/v1/gaps", query="发票能换抬头吗", note="客户问了两次")
        page = open_page("/login?next=" + quote(path))
        page.get_by_label("登录名").fill(administrator)
        page.get_by_label("密码").fill(PASSWORD)
        page.locator("#content").get_by_role("button", name="登录").click()
        page.wait_for_selector(".me")
        for fold in page.locator("#content summary:visible").all()[:6]:
            fold.click()
        return page

    return open_


@pytest.mark.parametrize("path", PAGES)
def test_nothing_sticks_out(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    for width in (320, 360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", PAGES)
def test_fingers_find_their_targets_on_a_narrow_screen(open_page: OpenPage, path: str) -> None:
    page = open_page(path, viewport={"width": 360, "height": 700})
    assert page.evaluate(TARGETS) == []


@pytest.mark.parametrize("path", [*PAGES, "/a/nope"])
def test_accessible_by_the_rules(open_page: OpenPage, path: str) -> None:
    page = open_page(path, expected="404")
    if path == "/":
        page.keyboard.type("退款")
        page.wait_for_selector("#suggestions li")
        page.keyboard.press("ArrowDown")
    for fold in page.locator("#content summary:visible").all()[:6]:
        fold.click()
    assert_accessible(page)


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_pages_of_the_staff_fit_and_are_accessible(staff_page: OpenPage, path: str) -> None:
    page = staff_page(path)
    page.locator(".me > summary").click()
    for width in (320, 768, 1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(STAFF_TARGETS) == []
    assert_accessible(page)


def assert_accessible(page: Page) -> None:
    """axe-core has nothing to say, light or dark, wide or narrow."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("axe-playwright-python")
    for dark, width in ((False, 1280), (True, 1280), (True, 360), (False, 360)):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page)
        assert found.violations_count == 0, f"dark={dark} {width}: {found.generate_report()}"


def test_han_characters_are_never_slanted(open_page: OpenPage) -> None:
    page = open_page("/a/hostile")
    for name in ("em", "i", "var", "cite", "address"):
        style = page.evaluate(
            "name => getComputedStyle(document.body.appendChild(document.createElement(name))).fontStyle", name
        )
        assert style == "normal"


def test_every_state_has_a_shape_of_its_own(open_page: OpenPage) -> None:
    """Not everybody sees colours."""
    page = open_page("/")
    shapes = [page.evaluate(SHAPE, state.value) for state in State]
    assert len(set(map(tuple, shapes))) == len(State)


@pytest.mark.parametrize("path", ["/", "/?q=退款", "/a/refund-not-received"])
def test_nothing_jumps_while_a_page_loads(open_page: OpenPage, path: str) -> None:
    page = open_page(path, viewport={"width": 1280, "height": 800})
    page.wait_for_load_state("networkidle")
    assert page.evaluate(SHIFT) <= 0.05
