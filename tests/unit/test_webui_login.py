"""Logging in through the web: cookies, sessions, tokens, forged requests, and what those see who don't log in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st

from kb.access.remembering import AT_MOST
from kb.access.throttle import FREE_TRIES
from kb.config import Settings
from kb.model import Role
from kb.ports.accounts import AuditFilter
from kb.service import Service
from kb.store.database import Database
from kb.wiring.access import build_access
from tests.conftest import spoil
from tests.unit.access_desk import BETTER, GOOD, ROOT, Clock, quick_passwords, staffed
from tests.unit.forms import HERE, csrf_token, log_in, submit
from tests.unit.html_page import Page
from webui import create_app
from webui.http.assets import base_address
from webui.pages.login import local


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def staff(small: Settings, clock: Clock) -> Service:
    return staffed(small, clock)


@pytest.fixture
def browser(staff: Service) -> FlaskClient:
    return create_app(staff).test_client()


@pytest.fixture
def closed(small: Settings, clock: Clock) -> FlaskClient:
    """A browser where everybody has to log in."""
    staff = staffed(small, clock)
    access = replace(staff.access, anonymous_role=None)
    return create_app(Service(replace(staff.system, access=access))).test_client()


def me(client: FlaskClient, **options: Any) -> tuple[str, str]:
    answer = client.get("/api/v1/me", **options).get_json()
    return answer["name"], answer["role"]


def cookie(client: FlaskClient, name: str = "zhida_login", path: str = "/") -> str:
    found = client.get_cookie(name, path=path)
    return found.value if found else ""


# --- in and out


def test_in_and_out_again(browser: FlaskClient) -> None:
    assert me(browser) == ("", "agent")
    answer = log_in(browser, "小王", GOOD, next="/a/refund-not-received?channel=微信")
    assert (answer.status_code, answer.location) == (303, "/a/refund-not-received?channel=%E5%BE%AE%E4%BF%A1")
    assert me(browser) == ("小王", "editor")
    page = Page(browser.get("/").get_data(as_text=True))
    assert {"我的账号", "退出登录"} <= {tag.text for tag in page.tags if tag.name in ("a", "button")}
    assert "管理" not in {tag.text for tag in page.find("a")}
    assert browser.get("/login?next=/browse").location == "/browse"
    token = cookie(browser)
    assert submit(browser, "/logout").status_code == 303
    assert (me(browser), cookie(browser)) == (("", "agent"), "")
    browser.set_cookie("zhida_login", token)
    assert me(browser) == ("", "agent"), "ended, not only forgotten by the browser"


def test_a_wrong_password_shows_the_form_again_without_it(browser: FlaskClient) -> None:
    answer = log_in(browser, "小王", "not the password", next="/browse")
    page = Page(answer.get_data(as_text=True))
    assert (answer.status_code, cookie(browser)) == (401, "")
    assert "登录名或密码不对" in page.text()
    fields = {tag.get("name"): tag.get("value") for tag in page.find("input")}
    assert (fields["name"], fields["password"], fields["next"]) == ("小王", "", "/browse")
    assert "not the password" not in answer.get_data(as_text=True)


def test_the_cookies_can_not_be_read_sent_along_or_overheard(browser: FlaskClient) -> None:
    for address, secure in (("http://localhost", False), ("https://kb.example", True)):
        token = csrf_token(browser, base_url=address)
        form = {"name": "boss", "password": GOOD, "csrf": token}
        answer = browser.post("/login", data=form, headers=HERE, base_url=address)
        login, device = (
            next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith(name))
            for name in ("zhida_login=", "zhida_device=")
        )
        for value in (login, device):
            assert {"HttpOnly", "SameSite=Lax"} <= set(value.split("; "))
            assert ("Secure" in value) == secure
        assert "Path=/" in login.split("; ")
        assert "Expires" not in login
        assert "Path=/login" in device


def test_a_session_from_before_is_worth_nothing_after(browser: FlaskClient) -> None:
    """Session fixation: whatever cookie was planted, the login makes another one and ends the planted one."""
    log_in(browser, "小王", GOOD)
    planted = cookie(browser)
    log_in(browser, "boss", GOOD)
    assert cookie(browser) not in ("", planted)
    browser.set_cookie("zhida_login", planted)
    assert me(browser) == ("", "agent")
    browser.set_cookie("zhida_login", "x" * 43)
    log_in(browser, "boss", GOOD)
    assert cookie(browser) != "x" * 43
    assert me(browser) == ("boss", "admin")


def test_a_login_ends_by_the_clock(browser: FlaskClient, small: Settings, clock: Clock) -> None:
    log_in(browser, "小王", GOOD)
    clock.turn(hours=small.session_idle_hours - 1)
    assert me(browser)[0] == "小王"
    clock.turn(hours=small.session_idle_hours)
    assert me(browser)[0] == ""
    answer = browser.get("/account?done=password")
    assert (answer.status_code, answer.location) == (302, "/login?next=/account?done%3Dpassword")


def test_a_disabled_person_is_out_within_two_seconds(browser: FlaskClient, small: Settings, clock: Clock) -> None:
    log_in(browser, "小王", GOOD)
    assert me(browser)[0] == "小王"
    command_line = build_access(small, Database(small.database), now=clock, passwords=quick_passwords())
    command_line.accounts.disable(ROOT, "小王")
    clock.turn(seconds=AT_MOST.total_seconds())
    assert me(browser)[0] == ""
    assert log_in(browser, "小王", GOOD).status_code == 401


def test_guessing_has_to_wait_and_the_rightful_browser_has_not(staff: Service) -> None:
    app = create_app(staff)
    own, strange = app.test_client(), app.test_client()
    log_in(own, "小王", GOOD)
    submit(own, "/logout")
    for number in range(FREE_TRIES):
        assert log_in(strange, "小王", f"guess number {number}").status_code == 401
    refused = log_in(strange, "小王", GOOD)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert "登录失败次数太多" in Page(refused.get_data(as_text=True)).text()
    assert log_in(own, "小王", GOOD).status_code == 303


# --- one's own account


def test_the_account_page_shows_who_one_is(browser: FlaskClient) -> None:
    log_in(browser, "小王", GOOD)
    page = Page(browser.get("/account", headers={"User-Agent": "<b>Firefox</b>"}).get_data(as_text=True))
    for word in ("小王", "王芳", "业务编辑", "售后业务部", "只写草稿", "（这里）", "127.0.0.1"):
        assert word in page.text()


def test_changing_the_password_ends_the_other_browsers(staff: Service) -> None:
    app = create_app(staff)
    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        log_in(client, "小王", GOOD)
    form = {"current": GOOD, "new": BETTER, "again": BETTER}
    for wrong, status in (({"again": GOOD}, 400), ({"current": "no"}, 401), ({"new": "short", "again": "short"}, 400)):
        assert submit(here, "/account", HERE, **form | wrong).status_code == status
    answer = submit(here, "/account", HERE, **form)
    assert answer.status_code == 303
    assert "密码已修改" in Page(here.get(answer.location).get_data(as_text=True)).text()
    assert (me(here)[0], me(there)[0]) == ("小王", "")
    log_in(there, "小王", BETTER)
    assert submit(here, "/account/sessions").status_code == 303
    assert (me(here)[0], me(there)[0]) == ("小王", "")


# --- forged requests

FORMS = ["/login", "/logout", "/gaps", "/recommend", "/a/refund-not-received/feedback", "/account", "/account/sessions"]


@pytest.mark.parametrize("address", FORMS)
@pytest.mark.parametrize("logged_in", [False, True])
def test_a_form_without_the_token_of_its_page_is_refused(staff: Service, address: str, logged_in: bool) -> None:
    app = create_app(staff)
    browser, other = app.test_client(), app.test_client()
    for client, name in ((browser, "小王"), (other, "boss")):
        client.get("/")
        if logged_in:
            log_in(client, name, GOOD)
    forms: list[dict[str, str]] = [{}, {"csrf": ""}, {"csrf": "é"}, {"csrf": csrf_token(other)}]
    for form in forms:
        answer = browser.post(address, data=form, headers=HERE)
        assert answer.status_code == 403
        assert "请刷新页面" in answer.get_data(as_text=True)
    for kind in ("text/plain", "multipart/form-data", None):
        assert browser.post(address, data=b"csrf=x", headers=HERE, content_type=kind).status_code == 403
    assert not logged_in or me(browser)[0] == "小王"


def test_the_token_of_before_the_login_does_not_serve_after_it(browser: FlaskClient) -> None:
    before = csrf_token(browser)
    log_in(browser, "小王", GOOD)
    assert browser.post("/logout", data={"csrf": before}, headers=HERE).status_code == 403
    after = csrf_token(browser)
    log_in(browser, "小王", GOOD)
    assert browser.post("/logout", data={"csrf": after}, headers=HERE).status_code == 403


def test_a_browser_without_cookies_can_not_send_forms(staff: Service) -> None:
    client = create_app(staff).test_client(use_cookies=False)
    token = csrf_token(client)
    assert client.post("/gaps", data={"query": "花呗", "csrf": token}, headers=HERE).status_code == 403


def test_the_api_wants_the_token_from_whoever_is_logged_in(browser: FlaskClient) -> None:
    """Programs that nobody logged in to send JSON as ever; a browser's login alone moves nothing."""
    event = {"kind": "view", "id": "refund-not-received"}
    assert browser.post("/api/v1/events", json=event).status_code == 204
    log_in(browser, "小王", GOOD)
    refused = browser.post("/api/v1/events", json=event)
    assert (refused.status_code, refused.get_json(force=True)["type"]) == (403, "urn:zhida:problem:stale-page")
    renewed = browser.get("/api/v1/me").get_json()["csrf"]
    assert renewed == csrf_token(browser)
    assert browser.post("/api/v1/events", json=event, headers={"X-CSRF-Token": renewed}).status_code == 204


def test_a_login_that_ended_in_mid_edit_is_told_by_its_type(browser: FlaskClient, clock: Clock) -> None:
    """The page can say: log in in another tab, nothing is lost."""
    app = browser.application

    def save() -> str:
        from webui.current import access, caller

        access().accounts.all(caller())
        return "saved"

    app.add_url_rule("/api/v1/save", view_func=save, endpoint="api.save", methods=["POST"])
    log_in(browser, "boss", GOOD)
    headers = {"X-CSRF-Token": csrf_token(browser)}
    assert browser.post("/api/v1/save", json={}, headers=headers).status_code == 200
    clock.turn(days=30)
    ended = browser.post("/api/v1/save", json={}, headers=headers)
    problem = ended.get_json(force=True)
    assert (ended.status_code, problem["type"]) == (401, "urn:zhida:problem:login-required")
    assert ended.mimetype == "application/problem+json"
    log_in(browser, "boss", GOOD)
    stale = browser.post("/api/v1/save", json={}, headers=headers)
    assert stale.get_json(force=True)["type"] == "urn:zhida:problem:stale-page"
    headers = {"X-CSRF-Token": browser.get("/api/v1/me").get_json()["csrf"]}
    assert browser.post("/api/v1/save", json={}, headers=headers).status_code == 200


def test_the_bar_calls_people_as_people_do(browser: FlaskClient) -> None:
    log_in(browser, "小王", GOOD)
    assert "王芳，账号菜单" in browser.get("/").get_data(as_text=True)


def test_so_is_one_that_was_lost_with_all_cookies(browser: FlaskClient) -> None:
    """A page that stayed open gets another token, and hears that it has to log in, not only that it is refused."""
    log_in(browser, "boss", GOOD)
    for cookie in ("zhida_login", "zhida_session"):
        browser.delete_cookie(cookie)
    form, json = {"mode": "source", "source": "", "action": "draft"}, {"Accept": "application/json"}
    assert browser.post("/edit/refund-not-received", data=form, headers=HERE | json).status_code == 403
    renewed = browser.get("/api/v1/me").get_json()["csrf"]
    told = browser.post("/edit/refund-not-received", data=form | {"csrf": renewed}, headers=HERE | json)
    assert told.status_code == 401


# --- programs


def test_a_token_says_who_a_program_is(browser: FlaskClient, staff: Service) -> None:
    secret = staff.access.tokens.add(ROOT, "bot", Role.REVIEWER)
    for scheme in ("Bearer", "bearer"):
        assert me(browser, headers={"Authorization": f"{scheme} {secret}"}) == ("bot", "reviewer")
    log_in(browser, "小王", GOOD)
    bearer = {"Authorization": f"Bearer {secret}"}
    assert me(browser, headers=bearer) == ("bot", "reviewer"), "the token wins over the cookie"
    event = {"kind": "view", "id": "refund-not-received"}
    assert browser.post("/api/v1/events", json=event, headers=bearer).status_code == 204, "needs no CSRF token"


@pytest.mark.parametrize("address", ["/api/v1/search?q=退款", "/healthz", "/openapi.json", "/", "/nope", "/login"])
def test_a_wrong_token_is_refused_even_where_none_is_needed(browser: FlaskClient, address: str) -> None:
    for value in ("Bearer zhida_wrong", "Bearer", "Bearer "):
        answer = browser.get(address, headers={"Authorization": value})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="zhida", error="invalid_token"'
        assert "令牌不对" in answer.get_data(as_text=True)


def test_a_revoked_token_opens_nothing(browser: FlaskClient, staff: Service) -> None:
    secret = staff.access.tokens.add(ROOT, "bot", Role.AGENT)
    bearer = {"Authorization": f"Bearer {secret}"}
    assert browser.get("/api/v1/faq", headers=bearer).status_code == 200
    staff.access.tokens.revoke(ROOT, "bot")
    assert browser.get("/api/v1/faq", headers=bearer).status_code == 401


def test_other_ways_to_authorize_are_left_to_others(browser: FlaskClient) -> None:
    """A proxy before us may ask for a password of its own."""
    assert me(browser, headers={"Authorization": "Basic Ym9zczpib3Nz"}) == ("", "agent")


# --- nobody in particular


def test_where_everybody_has_to_log_in_nothing_is_told_before(closed: FlaskClient) -> None:
    for address in ("/", "/browse", "/a/refund-not-received", "/recommend", "/api", "/nope", "/account"):
        answer = closed.get(address)
        assert (answer.status_code, urlsplit(answer.location).path) == (302, "/login")
    for address in ("/api/v1/search?q=退款", "/api/v1/suggest?q=tk", "/api/v1/faq", "/api/v1/me", "/openapi.json"):
        answer = closed.get(address)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="zhida"')
        assert answer.get_json(force=True)["type"] == "urn:zhida:problem:login-required"
    assert closed.post("/api/v1/events", json={"kind": "view", "id": "refund-not-received"}).status_code == 401
    for address in ("/healthz", f"{base_address()}/js/main.js"):
        assert closed.get(address, buffered=True).status_code == 200
    page = closed.get("/login").get_data(as_text=True)
    assert "网上商城" not in page
    assert "微信" not in page


def test_where_everybody_has_to_log_in_one_can(closed: FlaskClient) -> None:
    page = Page(closed.get("/login?next=/browse").get_data(as_text=True))
    fields = {tag.get("name"): tag.get("value") for tag in page.find("input")}
    form = {"name": "小王", "password": GOOD, "next": fields["next"], "csrf": fields["csrf"]}
    answer = closed.post("/login", data=form, headers=HERE)
    assert (answer.status_code, answer.location) == (303, "/browse")
    assert "退款与退货" in closed.get("/browse").get_data(as_text=True)


def test_visitors_who_are_no_agents_are_public(staff: Service) -> None:
    access = replace(staff.access, anonymous_role=Role.PUBLIC)
    client = create_app(Service(replace(staff.system, access=access))).test_client()
    assert me(client) == ("", "public")
    assert client.get("/api/v1/stale").status_code == 401
    assert client.get("/api/v1/suggest?q=tk").status_code == 200


def test_while_the_database_is_down_people_search_on(browser: FlaskClient, small: Settings, clock: Clock) -> None:
    log_in(browser, "小王", GOOD)
    spoil(small.database)
    clock.turn(minutes=5)
    assert browser.get("/api/v1/suggest?q=tk").status_code == 200
    assert browser.get("/").status_code == 200
    assert browser.get("/api/v1/faq", headers={"Authorization": "Bearer zhida_x"}).status_code == 503


# --- what is written down, where one is led


def test_logins_are_written_down_without_their_secrets(browser: FlaskClient, staff: Service, small: Settings) -> None:
    log_in(browser, "小王", GOOD)
    session = cookie(browser)
    submit(browser, "/logout")
    log_in(browser, "小王", "typed in vain")
    entries = staff.access.audit.entries(ROOT, AuditFilter(target="小王"))
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("login.failed", ""),
        ("logout", "小王"),
        ("login", "小王"),
        ("user.add", "root"),
    ]
    assert entries[0].detail == {"address": "127.0.0.1"}
    content = b"".join(path.read_bytes() for path in small.data.glob("zhida.db*"))
    for word in (GOOD, "typed in vain", session):
        assert word.encode() not in content


@given(st.text() | st.from_regex(r"[/\\\t\n ]{0,3}[a-z./:@\\\t]{0,10}", fullmatch=True))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https://evil.example")
@example("javascript:alert(1)")
@example("/a/x?next=https://fine.example")
def test_nobody_is_led_elsewhere(browser_less: object, address: str) -> None:
    led = local(address)
    seen = led.replace("\\", "/").translate({ord(char): None for char in "\t\r\n"})  # as browsers read it
    assert urlsplit(urljoin("http://kb.example/login", seen)).netloc == "kb.example"
    assert led in ("/", address)


@pytest.fixture(scope="module")
def browser_less(service: Service) -> object:
    """An application whose addresses can be named."""
    with create_app(service).test_request_context():
        yield
