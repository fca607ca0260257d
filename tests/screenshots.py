"""``python -m tests.screenshots``: pictures of the main screens, for README and docs/ui.md."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import ARTICLES
from tests.e2e.browser import launcher
from tests.e2e.processes import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WIDE = {"width": 1280, "height": 800}
PANEL = {"width": 360, "height": 720}
WORDS = "没收到货怎么退款"
OWNER, PASSWORD = "王芳", "only for pictures"


def nothing(page: Page) -> None:
    """Show the page as it comes."""


def typing(page: Page) -> None:
    """In the middle of a word, the second suggestion chosen."""
    page.keyboard.type("tuikuan")
    page.wait_for_selector("#suggestions li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")


def filling(page: Page) -> None:
    """The customer's name filled in and the script copied."""
    page.get_by_label("客户称呼").first.fill("王女士")
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".copy.done")


def reasons(page: Page) -> None:
    """The first hit says why it is there."""
    page.locator(".why summary").first.click()


def drawer(page: Page) -> None:
    """The FAQ panel over the results, filtered."""
    page.get_by_role("button", name="高频问题", exact=True).click()
    page.wait_for_selector("#faq .entry")
    page.keyboard.type("fapiao")


def editing(page: Page) -> None:
    """An owner in the middle of a change that other articles don't know of yet."""
    page.get_by_label("登录名").fill(OWNER)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    script = page.get_by_label("标准话术", exact=True)
    script.fill(script.input_value().replace("48 小时", "72 小时"))
    page.get_by_label("试一句客户的话").fill("快递没到能退吗")
    page.get_by_role("button", name="试一下").click()
    page.wait_for_selector("[data-facts] li")
    page.wait_for_selector("[data-trial-said] li")


def reviewing(page: Page) -> None:
    """A reviewer has opened the second row of the queue."""
    page.get_by_label("登录名").fill(OWNER)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    page.wait_for_load_state()
    for key in ("j", "j", "o"):
        page.keyboard.press(key)
    page.locator("#detail[data-detail]").wait_for()


SCREENS: tuple[tuple[str, str, dict[str, int], str, Callable[[Page], None]], ...] = (
    ("home", "/", WIDE, "light", nothing),
    ("suggest", "/", WIDE, "light", typing),
    ("results", f"/?q={WORDS}", WIDE, "light", reasons),
    ("results-dark", f"/?q={WORDS}", WIDE, "dark", nothing),
    ("article", "/a/refund-not-received", WIDE, "light", filling),
    ("expired-dark", "/a/coupon-double11-2026", WIDE, "dark", nothing),
    ("nothing-found", "/?q=饕餮tuikuanx", WIDE, "light", nothing),
    ("browse", "/browse?product=delivery", WIDE, "light", nothing),
    ("editor", "/login?next=/edit/refund-not-received", WIDE, "light", editing),
    ("review", "/login?next=/review", WIDE, "light", reviewing),
    ("panel-home", "/", PANEL, "light", nothing),
    ("panel-suggest", "/", PANEL, "dark", typing),
    ("panel-results", f"/?q={WORDS}&channel=电话", PANEL, "light", nothing),
    ("panel-faq", f"/?q={WORDS}", PANEL, "dark", drawer),
    ("panel-article", "/a/refund-not-received?channel=电话", PANEL, "light", nothing),
    ("panel-review", "/login?next=/review", PANEL, "dark", reviewing),
)


def main() -> None:
    """Write one PNG a screen."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        launcher() as launch,
        launch() as browser,
        staffed(Path(data)).serve() as server,
    ):
        for name, path, size, scheme, prepare in SCREENS:
            take(browser, server.url + path, size, scheme, prepare, FOLDER / f"{name}.png")


def staffed(data: Path) -> Desk:
    """The repository's articles, and somebody who may edit them."""
    desk = Desk(ARTICLES, data)
    desk.run("user", "add", OWNER, "--role", "reviewer", "--password-stdin", input=PASSWORD)
    return desk


def take(
    browser: Browser, address: str, size: dict[str, int], scheme: str, prepare: Callable[[Page], None], path: Path
) -> None:
    """One picture of what is in sight at ``address``."""
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    prepare(page)
    page.screenshot(path=path, animations="disabled")
    context.close()


if __name__ == "__main__":
    main()
