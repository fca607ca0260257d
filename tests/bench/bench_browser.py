"""What an agent waits for in Chromium: suggestions, results, the first page; measured from key press to paint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kb.config import Settings
from tests.bench.corpus import questions
from tests.e2e.browser import launcher
from tests.e2e.processes import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_TYPED = ("tuikuan", "yhk", "ka", "shouji", "zhuanzhang", "wangy", "dianhua", "jiesuan", "xinyongka", "sd")
_SEARCHES = 60
_LOADS = 10

#: Notes, for every key press, the milliseconds until what `changed` watches has been painted.
_STOPWATCH = """(watched) => {
  window.waited = [];
  let pressed = 0;
  addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  const painted = () => requestAnimationFrame(() => setTimeout(() => {
    if (pressed) window.waited.push(performance.now() - pressed);
    pressed = 0;
  }));
  new MutationObserver(painted).observe(document.querySelector(watched), { childList: true });
}"""

_LOADED = """() => new Promise((resolve) => {
  let shift = 0;
  const add = (list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value; };
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve([
    performance.getEntriesByName("first-contentful-paint")[0].startTime,
    shift,
    [...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")]
      .reduce((sum, entry) => sum + entry.transferSize, 0),
    document.querySelectorAll(".entry").length,
  ]), 300);
})"""


def main(settings: Settings) -> None:
    """Print a Markdown table."""
    desk = Desk(settings.articles, settings.data)
    desk.json("index")
    with launcher() as launch, launch() as browser, desk.serve() as server:
        _searches(_opened(browser, server.url), questions(3))  # what only the first visitor after a start waits for
        floor = [_load(browser, f"{server.url}/healthz")[0] for _ in range(_LOADS)]
        paints, shifts, sizes, entries = zip(*(_load(browser, server.url) for _ in range(_LOADS)), strict=True)
        keystrokes = _keystrokes(_opened(browser, server.url))
        searches = _searches(_opened(browser, server.url), questions(_SEARCHES))
    print("\n| browser on 6,413 articles | p50 | p95 |\n|---|---|---|")
    for name, took in (("key → suggestions painted", keystrokes), ("Enter → results painted", searches)):
        print(f"| {name} ({len(took)}) | {np.percentile(took, 50):.0f} ms | {np.percentile(took, 95):.0f} ms |")
    for name, painted in (
        (f"first paint with {entries[0]} FAQ entries", list(paints)),
        ("… of one line of text", floor),
    ):
        print(f"| {name} | {np.percentile(painted, 50):.0f} ms | {np.percentile(painted, 95):.0f} ms |")
    print(f"| transfer of the first page | {sizes[0] / 1000:.0f} KB | |")
    print(f"| layout shift while loading | | {max(shifts):.3f} |")


def _opened(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return page


def _load(browser: Browser, url: str) -> tuple[float, float, float, int]:
    """Milliseconds to the first paint, layout shift, bytes and FAQ entries of a first visit."""
    page = _opened(browser, url)
    loaded: tuple[float, float, float, int] = tuple(page.evaluate(_LOADED))
    page.context.close()
    return loaded


def _keystrokes(page: Page) -> list[float]:
    page.evaluate(_STOPWATCH, "#suggestions")
    for word in _TYPED:
        for key in word:
            with page.expect_response("**/suggest**"):
                page.keyboard.press(key)
        page.locator("input[name=q]").fill("")
    waited: list[float] = page.evaluate("window.waited")
    return waited


def _searches(page: Page, texts: list[str]) -> list[float]:
    page.evaluate(_STOPWATCH, ".desk")
    for text in texts:
        page.locator("input[name=q]").fill(text)
        page.keyboard.press("Enter")
        page.wait_for_function(
            "text => document.title.startsWith(text) && !document.querySelector('.skeleton')", arg=text
        )
    waited: list[float] = page.evaluate("window.waited")
    return waited
