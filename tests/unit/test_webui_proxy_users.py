"""People whom a trusted proxy names, and forged requests that their browsers are made to send."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb.access.remembering import AT_MOST
from kb.config import Settings
from kb.model import Role
from kb.service import Service
from tests.conftest import spoil
from tests.unit.access_desk import GOOD, ROOT, Clock, staffed
from tests.unit.forms import HERE, csrf_token, log_in
from tests.unit.html_page import Page
from webui import create_app

PROXY = {"REMOTE_ADDR": "10.0.0.5"}


@pytest.fixture
def behind(small: Settings) -> Settings:
    """Settings that trust one proxy."""
    return replace(small, trusted_proxies=(ip_network("10.0.0.5"),), proxy_user_header="X-Remote-User")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def staff(behind: Settings, clock: Clock) -> Service:
    return staffed(behind, clock)


@pytest.fixture
def browser(staff: Service) -> FlaskClient:
    return create_app(staff).test_client()


def by(name: str, **headers: str) -> dict[str, Any]:
    """A request that the proxy passes on for ``name``."""
    return {"environ_base": PROXY, "headers": {"X-Remote-User": name.encode().decode("latin-1"), **headers}}


def me(client: FlaskClient, **options: Any) -> tuple[str, str]:
    answer = client.get("/api/v1/me", **options).get_json()
    return answer["name"], answer["role"]


def test_whom_the_proxy_names_is_logged_in(browser: FlaskClient, staff: Service, clock: Clock) -> None:
    assert me(browser, **by("张三")) == ("张三", "agent")
    staff.access.accounts.change(ROOT, "张三", Role.EDITOR, None, True)
    clock.turn(seconds=AT_MOST.total_seconds())
    assert me(browser, **by("张三")) == ("张三", "editor")
    page = Page(browser.get("/", **by("李四")).get_data(as_text=True))
    assert "退出登录" not in {tag.text for tag in page.tags}, "the proxy would log in again at once"
    assert browser.get("/login?next=/browse", **by("李四")).location == "/browse"
    assert browser.get("/account", **by("李四")).status_code == 200


def test_anybody_else_can_say_what_they_like(browser: FlaskClient) -> None:
    for peer in ("10.0.0.6", "127.0.0.1"):
        assert me(browser, environ_base={"REMOTE_ADDR": peer}, headers={"X-Remote-User": "boss"}) == ("", "agent")


def test_nobody_becomes_a_local_account_by_its_name(browser: FlaskClient) -> None:
    assert me(browser, **by("boss")) == ("boss-2", "agent")


def test_an_empty_header_is_a_visitor(browser: FlaskClient) -> None:
    assert me(browser, **by("")) == ("", "agent")


def test_without_a_name_one_can_log_in_as_elsewhere(browser: FlaskClient) -> None:
    log_in(browser, "小王", GOOD)
    assert me(browser, environ_base=PROXY) == ("小王", "editor")


def test_the_proxy_counts_more_than_a_session_of_somebody_else(browser: FlaskClient) -> None:
    log_in(browser, "小王", GOOD)
    assert me(browser, **by("li")) == ("li", "agent")


def test_a_token_counts_more_than_the_proxy(browser: FlaskClient, staff: Service) -> None:
    secret = staff.access.tokens.add(ROOT, "robot", Role.REVIEWER)
    assert me(browser, **by("li", Authorization=f"Bearer {secret}")) == ("robot", "reviewer")
    assert browser.get("/api/v1/me", **by("li", Authorization="Bearer zhida_wrong")).status_code == 401


def test_who_is_disabled_is_refused(browser: FlaskClient, staff: Service, clock: Clock) -> None:
    assert me(browser, **by("li")) == ("li", "agent")
    staff.access.accounts.disable(ROOT, "li")
    clock.turn(seconds=AT_MOST.total_seconds())
    answer = browser.get("/browse", **by("li"))
    assert (answer.status_code, "已停用" in answer.get_data(as_text=True)) == (403, True)


@pytest.mark.parametrize("name", ["li, boss", "li,boss", "x" * 61])
def test_a_name_that_could_be_two_is_refused(browser: FlaskClient, name: str) -> None:
    answer = browser.get("/", **by(name))
    assert (answer.status_code, "反向代理" in answer.get_data(as_text=True)) == (401, True)


def test_names_in_another_encoding_are_refused(browser: FlaskClient) -> None:
    gbk = {"X-Remote-User": "张三".encode("gbk").decode("latin-1")}
    assert browser.get("/", environ_base=PROXY, headers=gbk).status_code == 401


def test_a_form_needs_the_token_of_that_person(browser: FlaskClient, staff: Service) -> None:
    gap = {"query": "怎么开发票"}
    assert browser.post("/gaps", data=gap, **by("li", **HERE)).status_code == 403
    mine, other = csrf_token(browser, **by("li")), csrf_token(browser, **by("wang"))
    assert mine != other
    assert browser.post("/gaps", data=gap | {"csrf": other}, **by("li", **HERE)).status_code == 403
    assert browser.post("/gaps", data=gap | {"csrf": mine}, **by("li", **HERE)).status_code < 400


def test_so_does_the_api_though_no_cookie_is_sent(browser: FlaskClient) -> None:
    gap = {"query": "怎么开发票"}
    assert browser.post("/api/v1/gaps", json=gap, **by("li")).status_code == 403
    forged = by("li", **{"Sec-Fetch-Site": "cross-site"})
    assert browser.post("/api/v1/gaps", json=gap, **forged).status_code == 403
    token = csrf_token(browser, **by("li"))
    assert browser.post("/api/v1/gaps", json=gap, **by("li", **{"X-CSRF-Token": token})).status_code < 300


def test_cookies_are_secure_where_the_proxy_speaks_https(browser: FlaskClient) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "zhida.example"}
    cookies = browser.get("/", environ_base=PROXY, headers=told).headers.getlist("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)
    cookies = browser.application.test_client().get("/", headers=told).headers.getlist("Set-Cookie")
    assert not any("Secure" in cookie for cookie in cookies)


def test_logins_are_noted_with_the_clients_address(browser: FlaskClient, staff: Service) -> None:
    through: dict[str, Any] = {"environ_base": PROXY, "headers": {"X-Forwarded-For": "203.0.113.9", **HERE}}
    form = {"name": "小王", "password": GOOD, "csrf": csrf_token(browser, **through)}
    assert browser.post("/login", data=form, **through).status_code == 303
    assert [session.address for session in staff.access.sessions.of("小王")] == ["203.0.113.9"]


def test_while_accounts_cannot_be_read_people_search_as_visitors(browser: FlaskClient, behind: Settings) -> None:
    browser.get("/api/v1/faq", **by("li"))
    spoil(behind.database)
    answer = browser.get("/api/v1/search?q=退款", **by("wang"))
    assert answer.status_code == 200
