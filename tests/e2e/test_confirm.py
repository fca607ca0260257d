"""From the digest to the verdict: a reviewer opens the link of a reminder in a browser and presses the button."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

import pytest

from tests.e2e.processes import Desk, Server, edit
from tests.e2e.test_notify import desk as notified
from tests.e2e.test_notify import wecom
from tests.robots import robots

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

desk = notified
PASSWORD = "correct horse battery"  # noqa: S105  # of somebody who lives for a test
FILE = "mall/refund/refund-not-received.md"


@pytest.fixture
def served(desk: Desk) -> Iterator[Server]:
    with desk.serve() as server:
        yield server


@pytest.fixture
def link(desk: Desk, served: Server) -> str:
    """What the group robot was told, at the address of this server."""
    new = ("user", "add", "李审", "--role", "reviewer", "--owner", "售后业务部", "--password-stdin")
    assert desk.run(*new, input=PASSWORD).returncode == 0
    edit(desk.articles / FILE, "您好，可以退款。", "您好，可以为您退款。")
    assert desk.run("index").returncode == 0
    with robots(lambda: datetime.now(timezone.utc)) as server:
        assert desk.run("notify", env={**wecom(server), "KB_BASE_URL": served.url}).returncode == 0
        (digest,) = server.received["wecom"]
    found = re.search(r"\[确认有效\]\(([^)]*)\)", digest)
    assert found is not None
    return found[1]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(15_000)
        yield page


def test_from_the_digest_to_the_verdict(desk: Desk, link: str, page: Page) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.goto(link)
    for dark, width in ((False, 1280), (True, 1280), (True, 360), (False, 360)):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        report = axe.Axe().run(page)
        assert report.violations_count == 0, f"dark={dark} {width}: {report.generate_report()}"
        if folder := os.environ.get("LOOK"):
            page.screenshot(path=f"{folder}/confirm-{width}-{'dark' if dark else 'light'}.png", full_page=True)
    assert "verified_by: 李审" not in (desk.articles / FILE).read_text(encoding="utf-8")

    page.get_by_role("button", name="确认有效").click()
    page.get_by_text("已确认有效，记在李审名下").wait_for()
    text = (desk.articles / FILE).read_text(encoding="utf-8")
    assert "verified_by: 李审" in text
    assert f"verified: {date.today()}" in text
    answer = page.goto(link)
    assert answer is not None
    assert answer.status == 410
    assert "用过了" in page.locator("main").inner_text()
