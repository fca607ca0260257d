"""Logging in with a real provider in a real browser: its form, the way back, and the next person at the same desk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import OpenPage
from tests.e2e.processes import Desk, Server
from tests.identity_providers import CLIENT, SECRET, mock_provider

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: the provider's page takes its style sheet from elsewhere
FROM_ELSEWHERE = "Failed to load resource"


@pytest.fixture(scope="module")
def running(shared: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a provider, which knows two people."""
    people = (
        {"sub": "u1", "preferred_username": "zhang.san", "name": "张三", "groups": ["kb-editors"]},
        {"sub": "u2", "preferred_username": "李四", "name": "李四"},
    )
    with mock_provider(*people) as issuer:
        settings = {
            "KB_OIDC_ISSUER": issuer,
            "KB_OIDC_CLIENT_ID": CLIENT,
            "KB_OIDC_CLIENT_SECRET": SECRET,
            "KB_OIDC_NAME": "用公司账号登录",
            "KB_OIDC_ROLE_CLAIM": "groups",
            "KB_OIDC_ROLES": "kb-editors=editor",
        }
        with Desk(shared.articles, tmp_path_factory.mktemp("oidc")).serve(**settings) as server:
            yield server


def log_in(page: Page, link: str, who: str) -> None:
    """Go to the provider by ``link`` and say there who one is."""
    page.get_by_role("link", name=link).click()
    page.get_by_role("button", name=who).first.click()


def me(page: Page, server: Server) -> tuple[str, str]:
    """Whom the server takes this browser for."""
    answer = page.request.get(f"{server.url}/api/v1/me").json()
    return answer["name"], answer["role"]


def test_there_and_back(open_page: OpenPage, server: Server) -> None:
    page = open_page("/login?next=/browse", expected=FROM_ELSEWHERE)
    log_in(page, "用公司账号登录", "u1")
    page.wait_for_url(f"{server.url}/browse")
    assert me(page, server) == ("zhang.san", "editor")
    assert not [cookie["name"] for cookie in page.context.cookies() if cookie["name"] == "zhida_oidc"]


def test_the_next_person_at_the_same_desk_is_somebody_else(open_page: OpenPage, server: Server) -> None:
    page = open_page("/login", expected=FROM_ELSEWHERE)
    log_in(page, "用公司账号登录", "u1")
    page.wait_for_url(f"{server.url}/")
    page.get_by_label("张三，账号菜单").click()
    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("link", name="登录", exact=True).click()
    log_in(page, "换一个人登录", "u2")
    page.wait_for_url(f"{server.url}/")
    assert me(page, server) == ("李四", "agent")


def test_without_javascript(open_page: OpenPage, server: Server, scriptless: Browser) -> None:
    page = open_page("/login?next=/browse", using=scriptless, expected=FROM_ELSEWHERE)
    log_in(page, "用公司账号登录", "u2")
    page.wait_for_url(f"{server.url}/browse")
    assert me(page, server) == ("李四", "agent")


def test_who_declines_there_is_told_here(open_page: OpenPage, server: Server) -> None:
    page = open_page("/login", expected=FROM_ELSEWHERE)
    page.get_by_role("link", name="用公司账号登录").click()
    assert urlsplit(page.url).port != urlsplit(server.url).port
    with page.expect_navigation():
        page.get_by_role("button", name="Deny").click()
    assert "没有登录" in page.get_by_role("alert").inner_text()
    assert me(page, server)[0] == ""
