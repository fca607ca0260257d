"""Accounts of people whom a provider of OpenID Connect or a reverse proxy vouches for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.access import Access
from kb.access.logins import LoggedIn, Visit
from kb.access.remembering import AT_MOST
from kb.config import Settings, load_settings
from kb.errors import AccessDenied, AccountError, LoginFailed, SettingsError
from kb.model import Caller, Role, Via
from kb.ports.accounts import Account, AuditFilter
from kb.rules.accounts import account_name, near_name
from kb.store.database import Database
from kb.wiring.access import build_access
from tests.identity_providers import CLIENT, SECRET, Cheat, cheating
from tests.unit.access_desk import Clock, quick_passwords

ROOT = Caller.local("root")
PASSWORD = "correct horse battery"  # noqa: S105  # of accounts that live for one test
BACK = "http://kb.example/login/oidc/callback"
MAPPED = (("kb-editors", Role.EDITOR), ("kb-admins", Role.ADMIN))

MakeAccess = Callable[..., Access]


@pytest.fixture(scope="module")
def provider() -> Iterator[Cheat]:
    with cheating() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(small: Settings, clock: Clock, provider: Cheat) -> MakeAccess:
    """Makes what a server has, with these settings more, each time on the same database."""
    database = Database(small.database)

    def make(**more: Any) -> Access:
        ours = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
        return build_access(replace(small, **{**ours, **more}), database, now=clock, passwords=quick_passwords())

    return make


@pytest.fixture
def access(make: MakeAccess) -> Access:
    return make()


def come(access: Access, provider: Cheat, visit: Visit | None = None, **claims: object) -> LoggedIn:
    """Log in as the provider's ``claims`` say."""
    assert access.single_sign_on is not None
    provider.claims = claims
    departure = access.single_sign_on.begin(BACK)
    code = parse_qs(urlsplit(provider.log_in(departure.url)).query)["code"][0]
    return access.single_sign_on.finish(departure, code, BACK, visit or Visit())


def account(access: Access, name: str) -> Account:
    return next(account for account in access.accounts.all(ROOT) if account.name == name)


def test_who_comes_first_gets_an_account_and_keeps_it(access: Access, provider: Cheat) -> None:
    first = come(access, provider, sub="u1", preferred_username="Zhang.San", name="张三\x00 ")
    assert (first.account.name, first.account.display, first.account.role) == ("zhang.san", "张三", Role.AGENT)
    assert access.sessions.caller(first.token) == Caller("zhang.san", Role.AGENT, None, True, Via.SESSION)
    again = come(access, provider, sub="u1", preferred_username="renamed", name="别名")
    assert again.account.name == "zhang.san"
    assert [one.name for one in access.accounts.all(ROOT)] == ["zhang.san"]


def test_a_name_or_an_address_opens_nobodys_account(access: Access, provider: Cheat) -> None:
    access.accounts.add(ROOT, "admin", Role.ADMIN, PASSWORD)
    access.accounts.add(ROOT, "boss@example.com", Role.ADMIN, PASSWORD)
    one = come(access, provider, sub="u1", preferred_username="ADMIN").account
    two = come(access, provider, sub="u2", preferred_username="admin").account
    three = come(access, provider, sub="u3", email="boss@example.com").account
    four = come(access, provider, sub="admin").account
    assert [one.name, two.name, three.name, four.name] == ["admin-2", "admin-3", "boss@example.com-2", "admin-4"]
    assert {one.role, two.role, three.role, four.role} == {Role.AGENT}
    assert account(access, "admin").identity is None


def test_no_password_opens_such_an_account(access: Access, provider: Cheat) -> None:
    come(access, provider, sub="u1", preferred_username="zhang")
    for password in ("", "None", PASSWORD):
        with pytest.raises(LoginFailed):
            access.logins.log_in("zhang", password, Visit())


def test_another_provider_speaks_of_other_people(make: MakeAccess, provider: Cheat) -> None:
    come(make(), provider, sub="u1", preferred_username="zhang")
    with cheating() as other:
        found = come(make(oidc_issuer=other.issuer), other, sub="u1", preferred_username="zhang")
    assert found.account.name == "zhang-2"


def test_the_former_session_ends(access: Access, provider: Cheat) -> None:
    planted = come(access, provider, sub="thief").token
    mine = come(access, provider, Visit(session=planted), sub="u1").token
    assert access.sessions.caller(planted) is None
    assert access.sessions.caller(mine) is not None
    assert mine != planted


def test_who_is_disabled_stays_out_and_keeps_the_role(make: MakeAccess, provider: Cheat) -> None:
    access = make(oidc_role_claim="groups", oidc_roles=MAPPED)
    come(access, provider, sub="u1", preferred_username="zhang")
    access.accounts.disable(ROOT, "zhang")
    with pytest.raises(LoginFailed, match="已停用"):
        come(access, provider, sub="u1", groups=["kb-admins"])
    assert account(access, "zhang").role is Role.AGENT
    latest = access.audit.entries(ROOT, AuditFilter())[0]
    assert (latest.action, latest.target) == ("login.failed", "zhang")


def test_without_groups_administrators_set_the_role(access: Access, provider: Cheat) -> None:
    come(access, provider, sub="u1", preferred_username="zhang")
    access.accounts.change(ROOT, "zhang", Role.REVIEWER, frozenset({"售后业务部"}), True)
    assert come(access, provider, sub="u1", groups=["kb-admins"]).account.role is Role.REVIEWER


def test_groups_give_and_take_roles_at_every_login(make: MakeAccess, provider: Cheat) -> None:
    access = make(oidc_role_claim="groups", oidc_roles=MAPPED)
    access.accounts.add(ROOT, "boss", Role.ADMIN, PASSWORD)

    def role(*groups: str) -> Role:
        return come(access, provider, sub="u1", preferred_username="zhang", groups=list(groups)).account.role

    assert role("kb-editors", "others") is Role.EDITOR
    access.accounts.change(ROOT, "zhang", Role.EDITOR, frozenset({"售后业务部"}), False)
    assert role("kb-editors", "kb-admins") is Role.ADMIN
    assert role() is Role.AGENT
    kept = account(access, "zhang")
    assert (kept.owners, kept.can_publish) == (frozenset({"售后业务部"}), False)
    given = [entry.detail["role"] for entry in access.audit.entries(ROOT, AuditFilter(action="user.role"))]
    assert given == ["agent", "admin"]


def test_the_last_administrator_is_not_lost_by_leaving_a_group(make: MakeAccess, provider: Cheat) -> None:
    access = make(oidc_role_claim="groups", oidc_roles=MAPPED)
    come(access, provider, sub="u1", preferred_username="zhang", groups="kb-admins")
    with pytest.raises(AccountError, match="最后一个可用的管理员"):
        come(access, provider, sub="u1")


def test_many_first_requests_at_once_make_one_account_each(access: Access) -> None:
    names = ["Li Si", "li si", "Li Si", "李四"] * 4
    found: list[tuple[str, str]] = []
    threads = [threading.Thread(target=lambda n=n: found.append((n, access.proxies.caller(n).name))) for n in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(names)
    assert len(set(found)) == len({name for _, name in found}) == len(access.accounts.all(ROOT)) == 3


def test_whom_the_proxy_names_is_known_by_that_name(access: Access) -> None:
    access.accounts.add(ROOT, "admin", Role.ADMIN, PASSWORD)
    assert access.proxies.caller("CORP\\zhang") == Caller("corp-zhang", Role.AGENT, None, True, Via.PROXY)
    assert access.proxies.caller("王芳").name == "王芳"
    assert access.proxies.caller("admin") == Caller("admin-2", Role.AGENT, None, True, Via.PROXY)


def test_the_rights_of_whom_the_proxy_names_are_kept_here(access: Access, clock: Clock) -> None:
    access.proxies.caller("zhang")
    access.accounts.change(ROOT, "zhang", Role.EDITOR, None, False)
    clock.turn(seconds=AT_MOST.total_seconds())
    assert access.proxies.caller("zhang") == Caller("zhang", Role.EDITOR, None, False, Via.PROXY)
    access.accounts.disable(ROOT, "zhang")
    clock.turn(seconds=AT_MOST.total_seconds())
    with pytest.raises(AccessDenied, match="已停用"):
        access.proxies.caller("zhang")


@pytest.mark.parametrize("name", ["a, b", "a,b", "a\nb", "a\x00", "x" * 61, "\u202ea"])
def test_what_is_no_single_name_is_nobody(access: Access, name: str) -> None:
    with pytest.raises(LoginFailed, match="反向代理"):
        access.proxies.caller(name)
    assert access.accounts.all(ROOT) == []


def test_the_audit_log_names_where_they_come_from(access: Access, provider: Cheat) -> None:
    come(access, provider, Visit(address="10.0.0.9"), sub="u1", preferred_username="zhang")
    access.proxies.caller("li")
    entries = access.audit.entries(ROOT, AuditFilter())
    assert [(e.action, e.actor, e.via.value, e.detail) for e in reversed(entries)] == [
        ("user.add", "zhang", "session", {"issuer": provider.issuer, "role": "agent"}),
        ("login", "zhang", "session", {"address": "10.0.0.9"}),
        ("user.add", "li", "proxy", {"issuer": "proxy", "role": "agent"}),
    ]


@given(st.text())
def test_everybody_gets_a_name_that_accounts_may_have(wish: str) -> None:
    assert account_name(near_name(wish)) == near_name(wish)


# --- settings


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"oidc_client_id": ""}, "oidc_client_id"),
        ({"oidc_roles": MAPPED}, "oidc_role_claim"),
        ({"proxy_user_header": "X-Remote-User"}, "trusted_proxies"),
    ],
)
def test_settings_that_lack_something_say_what(make: MakeAccess, missing: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=f"还要设置 {said}"):
        make(**missing)


def test_without_a_provider_there_is_no_single_sign_on(make: MakeAccess) -> None:
    assert make(oidc_issuer="").single_sign_on is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("oidc_issuer", "http://sso.example"),
        ("oidc_issuer", "sso.example"),
        ("oidc_issuer", "https:///x"),
        ("oidc_issuer", "ftp://localhost"),
        ("oidc_roles", "editor"),
        ("oidc_roles", "=editor"),
        ("oidc_roles", "kb=public"),
        ("oidc_roles", "kb=boss"),
        ("trusted_proxies", "proxy.example"),
        ("trusted_proxies", "0.0.0.0/0"),
        ("trusted_proxies", "10.0.0.1,::/0"),
        ("trusted_proxies", "10.0.0.5/8"),
        ("proxy_user_header", "X_Remote_User"),
        ("proxy_user_header", "X-Remote-User:"),
        ("proxy_user_header", "Cookie"),
        ("proxy_user_header", "host"),
    ],
)
def test_settings_that_would_let_anybody_in_are_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings(environ={}, overrides={name: text})


def test_settings_are_read() -> None:
    texts = {
        "oidc_issuer": "https://sso.example/realms/kb",
        "oidc_client_secret": "s3cret",
        "oidc_roles": "kb-editors=editor, kb=x=admin",
        "trusted_proxies": "10.0.0.5, 192.168.1.0/24, fd00::1",
        "proxy_user_header": "X-Remote-User",
    }
    settings = load_settings(environ={}, overrides=texts)
    assert settings.oidc_roles == (("kb-editors", Role.EDITOR), ("kb=x", Role.ADMIN))
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.5/32", "192.168.1.0/24", "fd00::1/128"]
    assert "s3cret" not in repr(settings)
