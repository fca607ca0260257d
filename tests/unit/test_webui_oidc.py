"""Logging in with a provider through the web: there and back, and who is turned away on the way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.config import Settings
from kb.ports.accounts import AuditFilter
from kb.service import Service
from tests.identity_providers import CLIENT, SECRET, Cheat, cheating
from tests.unit.access_desk import GOOD, ROOT, Clock, staffed
from tests.unit.forms import log_in
from tests.unit.html_page import Page
from webui import create_app

CALLBACK = "/login/oidc/callback"


@pytest.fixture(scope="module")
def provider() -> Iterator[Cheat]:
    with cheating() as server:
        yield server


@pytest.fixture
def staff(small: Settings, provider: Cheat) -> Service:
    provider.claims = {"sub": "u1", "preferred_username": "zhang.san", "name": "张三"}
    ours: dict[str, Any] = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return staffed(replace(small, **ours), Clock())


@pytest.fixture
def browser(staff: Service) -> FlaskClient:
    return create_app(staff).test_client()


@pytest.fixture
def stranger(staff: Service) -> FlaskClient:
    """Another browser."""
    return create_app(staff).test_client()


def away(client: FlaskClient, provider: Cheat, **query: str) -> str:
    """Press the button and log in there; gives where the browser is sent back to."""
    answer = client.get("/login/oidc", query_string=query)
    assert answer.status_code == 303
    return provider.log_in(answer.location)


def back(client: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    assert parts.path == CALLBACK
    return client.get(f"{parts.path}?{parts.query}")


def name(client: FlaskClient) -> str:
    return str(client.get("/api/v1/me").get_json()["name"])


def kept(client: FlaskClient) -> str | None:
    found = client.get_cookie("zhida_oidc", path="/login/oidc")
    return found.value if found else None


def turned_away(client: FlaskClient, answer: TestResponse, said: str, status: int = 401) -> bool:
    """Told why, on a page where one can log in otherwise; and nobody is logged in."""
    html = answer.get_data(as_text=True)
    assert (answer.status_code, said in html) == (status, True), html
    assert any(tag.get("name") == "password" for tag in Page(html).find("input"))
    return name(client) == "" and kept(client) is None


def test_there_and_back_to_where_one_wanted_to_go(browser: FlaskClient, staff: Service, provider: Cheat) -> None:
    form = Page(browser.get("/login?next=/browse").get_data(as_text=True))
    button = next(tag for tag in form.find("a") if tag.text == "统一登录")
    answer = browser.get(button.get("href"))
    assert answer.location.startswith(provider.issuer)
    answer = back(browser, provider.log_in(answer.location))
    assert (answer.status_code, answer.location) == (303, "/browse")
    assert name(browser) == "zhang.san"
    assert browser.get("/account").status_code == 200
    log = [(entry.action, entry.actor) for entry in staff.access.audit.entries(ROOT, AuditFilter())]
    assert log[:2] == [("login", "zhang.san"), ("user.add", "zhang.san")]


def test_what_is_kept_on_the_way_is_for_that_only(browser: FlaskClient, provider: Cheat) -> None:
    answer = browser.get("/login/oidc", base_url="https://kb.example")
    cookie = next(text for text in answer.headers.getlist("Set-Cookie") if text.startswith("zhida_oidc="))
    for attribute in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/login/oidc", "Max-Age=600"):
        assert attribute in cookie
    assert parse_qs(urlsplit(answer.location).query)["redirect_uri"] == [f"https://kb.example{CALLBACK}"]


def test_somebody_else_can_log_in_at_the_same_computer(browser: FlaskClient) -> None:
    form = Page(browser.get("/login").get_data(as_text=True))
    link = next(tag for tag in form.find("a") if tag.text == "换一个人登录")
    assert "prompt=login" in browser.get(link.get("href")).location


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_nobody_is_sent_elsewhere(browser: FlaskClient, provider: Cheat, wanted: str) -> None:
    assert back(browser, away(browser, provider, next=wanted)).location == "/"


def test_a_link_logs_nobody_in_as_somebody_else(browser: FlaskClient, stranger: FlaskClient, provider: Cheat) -> None:
    link = away(stranger, provider)
    assert turned_away(browser, back(browser, link), "不是在这个浏览器里开始的")
    away(browser, provider)
    assert turned_away(browser, back(browser, link), "不是从这个页面开始的")


@pytest.mark.parametrize("state", ["", "x", "状态", None])
def test_a_forged_state_is_refused(browser: FlaskClient, provider: Cheat, state: str | None) -> None:
    code = parse_qs(urlsplit(away(browser, provider)).query)["code"][0]
    query = {"code": code} if state is None else {"code": code, "state": state}
    assert turned_away(browser, back(browser, f"{CALLBACK}?{urlencode(query)}"), "不是从这个页面开始的")


def test_coming_back_works_once(browser: FlaskClient, provider: Cheat) -> None:
    address = away(browser, provider)
    before = kept(browser)
    assert before is not None
    assert back(browser, address).status_code == 303
    browser.delete_cookie("zhida_login")
    assert turned_away(browser, back(browser, address), "已过期")
    browser.set_cookie("zhida_oidc", before, path="/login/oidc")
    assert turned_away(browser, back(browser, address), "答复不对", 502), "the provider takes a code once"


@pytest.mark.parametrize("cookie", ["", "x", "e30.x.y", "W10"])
def test_a_cookie_that_is_not_ours_is_refused(browser: FlaskClient, provider: Cheat, cookie: str) -> None:
    address = away(browser, provider)
    browser.set_cookie("zhida_oidc", cookie, path="/login/oidc")
    assert turned_away(browser, back(browser, address), "已过期")


def test_no_session_can_be_prepared(browser: FlaskClient, stranger: FlaskClient, provider: Cheat) -> None:
    log_in(stranger, "小王", GOOD)
    planted = stranger.get_cookie("zhida_login")
    assert planted is not None
    browser.set_cookie("zhida_login", planted.value)
    back(browser, away(browser, provider))
    mine = browser.get_cookie("zhida_login")
    assert mine is not None
    assert mine.value != planted.value
    assert (name(browser), name(stranger)) == ("zhang.san", "")


def test_who_gives_up_there_comes_back_to_the_login_page(browser: FlaskClient) -> None:
    asked = parse_qs(urlsplit(browser.get("/login/oidc", query_string={"next": "/browse"}).location).query)
    query = urlencode({"error": "access_denied", "error_description": "<script>", "state": asked["state"][0]})
    answer = browser.get(f"{CALLBACK}?{query}")
    assert "<script>" not in answer.get_data(as_text=True)
    again = next(tag for tag in Page(answer.get_data(as_text=True)).find("a") if tag.text == "统一登录")
    assert again.get("href") == "/login/oidc?next=/browse"
    assert turned_away(browser, answer, "没有完成")


def test_a_token_that_is_not_right_logs_nobody_in(browser: FlaskClient, provider: Cheat) -> None:
    provider.claims = {**provider.claims, "aud": "another"}
    assert turned_away(browser, back(browser, away(browser, provider)), "没有通过检查", 502)


def test_who_is_disabled_stays_out(browser: FlaskClient, staff: Service, provider: Cheat) -> None:
    back(browser, away(browser, provider))
    staff.access.accounts.disable(ROOT, "zhang.san")
    assert name(browser) == ""
    assert turned_away(browser, back(browser, away(browser, provider)), "已停用")


def test_local_accounts_log_in_while_the_provider_is_down(small: Settings) -> None:
    with cheating() as gone:
        settings = replace(small, oidc_issuer=gone.issuer, oidc_client_id=CLIENT)
    browser = create_app(staffed(settings, Clock())).test_client()
    assert turned_away(browser, browser.get("/login/oidc"), "连不上统一登录服务", 502)
    assert log_in(browser, "小王", GOOD).status_code == 303
    assert name(browser) == "小王"


def test_without_a_provider_there_is_no_button(small: Settings) -> None:
    browser = create_app(staffed(small, Clock())).test_client()
    assert "login/oidc" not in browser.get("/login").get_data(as_text=True)
    assert browser.get("/login/oidc").status_code == 404
    assert browser.get(CALLBACK, query_string={"code": "1", "state": "2"}).status_code == 401
