"""A real Chromium for tests, benchmarks and screenshots, and what hands on a keyboard do with it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs, urlsplit

import pytest

from kb.ports.events import Event
from kb.store.database import Database
from kb.store.events import EventLog
from tests.e2e.processes import Desk, Server

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


def missing(what: str) -> NoReturn:
    """Without a browser these tests are skipped at home and fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is needed in CI")
    pytest.skip(f"{what} is not installed")


@contextmanager
def launcher() -> Iterator[Callable[..., Browser]]:
    """Starts browsers with extra flags; the test is skipped, or fails in CI, when there is none on this machine."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        missing("chromium")
    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *flags])


class Windows:
    """Fresh windows of ``browser`` that listen: what scripts or the console complain about is kept, a violated content
    security policy too. ``tolerated``: parts of what may be said.
    """

    def __init__(self, browser: Browser, *tolerated: str) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        # said about every page not from HTTPS; the header does no harm there
        self.tolerated = ["Cross-Origin-Opener-Policy", *tolerated]

    def open(self, using: Browser | None = None, **options: Any) -> Page:
        """A window with cookies of its own; ``using`` another browser."""
        context = (using or self._browser).new_context(**options)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.extend([message.text] * (message.type == "error")))
        return page

    def close(self) -> None:
        """Close them all; nothing may have been complained about."""
        for context in self._contexts:
            context.close()
        assert [text for text in self.complaints if not any(known in text for known in self.tolerated)] == []


def log_in(page: Page, server: Server, name: str, password: str) -> None:
    """Log somebody in, who is then on the first page."""
    page.goto(f"{server.url}/login")
    page.get_by_label("登录名").fill(name)
    page.get_by_label("密码").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}/")


def offered(page: Page, typed: str) -> list[str]:
    """Type into the search box and read the suggestions for what it then holds."""
    box = page.locator("input[name=q]")
    wanted = box.input_value() + typed
    with page.expect_response(lambda answer: parse_qs(urlsplit(answer.url).query).get("q") == [wanted]):
        page.keyboard.type(typed)
    page.wait_for_selector("#suggestions li")
    return page.locator("#suggestions .text").all_inner_texts()


def search(page: Page, text: str) -> None:
    """Search as an agent does, and wait for the answer."""
    page.locator("input[name=q]").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_function("text => document.title.startsWith(text)", arg=text)


def pasted(page: Page) -> str:
    """What is on the clipboard."""
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), { id: 'pasted' }))")
    page.locator("#pasted").focus()
    page.keyboard.press("Control+v")
    text = page.locator("#pasted").input_value()
    page.evaluate("document.getElementById('pasted').remove()")
    return text


def events(desk: Desk, kind: str) -> list[Event]:
    """What was written down lately, latest first."""
    since = datetime.now(timezone.utc) - timedelta(minutes=10)
    return EventLog(Database(desk.data / "zhida.db")).recent([kind], since)
