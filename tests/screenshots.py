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


SCREENS: tuple[tuple[str, str, dict[str, int], str, Callable[[Page], None]], ...] = (
    ("home", "/", WIDE, "light", nothing),
    ("suggest", "/", WIDE, "light", typing),
    ("results", f"/?q={WORDS}", WIDE, "light", reasons),
    ("results-dark", f"/?q={WORDS}", WIDE, "dark", nothing),
    ("article", "/a/refund-not-received", WIDE, "light", filling),
    ("expired-dark", "/a/coupon-double11-2026", WIDE, "dark", nothing),
    ("nothing-found", "/?q=饕餮tuikuanx", WIDE, "light", nothing),
    ("browse", "/browse?product=delivery", WIDE, "light", nothing),
    ("panel-home", "/", PANEL, "light", nothing),
    ("panel-suggest", "/", PANEL, "dark", typing),
    ("panel-results", f"/?q={WORDS}&channel=电话", PANEL, "light", nothing),
    ("panel-faq", f"/?q={WORDS}", PANEL, "dark", drawer),
    ("panel-article", "/a/refund-not-received?channel=电话", PANEL, "light", nothing),
)


def main() -> None:
    """Write one PNG a screen."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        launcher() as launch,
        launch() as browser,
        Desk(ARTICLES, Path(data)).serve() as server,
    ):
        for name, path, size, scheme, prepare in SCREENS:
            take(browser, server.url + path, size, scheme, prepare, FOLDER / f"{name}.png")


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
