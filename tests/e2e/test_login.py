"""Logging in with a real browser: the menu, pages left open in other tabs, an ended login, looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import events
from tests.e2e.conftest import OpenPage
from tests.e2e.processes import Desk, Server, wait_until
from tests.e2e.test_access_commands import PASSWORD, add_user
from tests.unit.article_tree import make_tree

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One article, an administrator and an editor; they use it in turn."""
    folder: Path = tmp_path_factory.mktemp("login")
    desk = Desk(make_tree(folder / "articles"), folder / "data")
    assert add_user(desk, "boss", "admin") == 0
    assert add_user(desk, "小王", "editor", "--owner", "售后业务部") == 0
    return desk


@pytest.fixture(scope="module")
def running(shared: Desk) -> Iterator[Server]:
    with shared.serve() as server:
        yield server


def log_in(page: Page, name: str) -> None:
    page.get_by_label("登录名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.locator("#content").get_by_role("button", name="登录").click()
    page.wait_for_selector(".me")


def test_in_by_the_bar_back_to_the_page_and_out_by_the_menu(open_page: OpenPage) -> None:
    page = open_page("/a/refund-not-received?channel=微信")
    page.get_by_role("link", name="登录").click()
    log_in(page, "小王")
    assert page.locator("h1").inner_text() == "未收到货退款"
    page.locator(".me > summary").click()
    page.get_by_role("link", name="我的账号").click()
    assert "售后业务部" in page.locator("#content").inner_text()
    page.locator(".me > summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("link", name="登录").wait_for()


def test_a_page_from_before_the_login_still_sends(open_page: OpenPage, shared: Desk) -> None:
    """The login was made in another tab: the token of this page is renewed, no click is lost."""
    page = open_page("/a/refund-not-received", expected="403")
    other = page.context.new_page()
    other.goto(page.url.split("/a/")[0] + "/login")
    log_in(other, "小王")
    page.bring_to_front()
    page.get_by_role("button", name="有用", exact=True).click()
    page.get_by_text("已记下“有用”").wait_for()
    wait_until(lambda: bool(events(shared, "helpful")))
    assert [event.article_id for event in events(shared, "helpful")] == ["refund-not-received"]


def test_without_javascript_one_logs_in_and_administers(open_page: OpenPage, scriptless: object) -> None:
    page = open_page("/admin", using=scriptless)
    log_in(page, "boss")
    page.get_by_text("签发令牌").first.click()
    form = page.locator("form[action='/admin/tokens/add']")
    form.get_by_label("名称").fill("工单系统")
    form.get_by_role("button", name="签发令牌").click()
    assert page.locator("code").inner_text().startswith("zhida_")
    page.goto(page.url.split("/admin")[0] + "/admin/audit")
    assert "签发令牌" in page.locator("table").inner_text()
