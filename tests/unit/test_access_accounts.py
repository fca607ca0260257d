"""Accounts, logins and sessions: who gets in, how long, and what throws them out."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from kb.access import Access
from kb.access.logins import Visit
from kb.access.passwords import Passwords
from kb.access.remembering import AT_MOST
from kb.config import Settings
from kb.errors import AccessDenied, AccountError, LoginFailed, LoginRequired, LoginsBusy, TooManyLogins
from kb.model import Caller, Role, Via
from kb.ports.accounts import AuditFilter
from kb.store.database import Database
from kb.wiring.access import build_access
from tests.unit.access_desk import Clock, quick_passwords

ROOT = Caller.local("root")
GOOD, BETTER = "correct horse battery", "staple 蓝色 staple"
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(small: Settings, clock: Clock) -> Access:
    """A server's, with an administrator and an editor of one department."""
    made = build_access(small, Database(small.database), now=clock, passwords=quick_passwords())
    made.accounts.add(ROOT, "boss", Role.ADMIN, GOOD)
    made.accounts.add(ROOT, "小王", Role.EDITOR, GOOD, "王芳", frozenset({"售后业务部"}), can_publish=False)
    return made


@pytest.fixture
def elsewhere(small: Settings, access: Access, clock: Clock) -> Access:
    """Another process on the same database, like ``kb user`` beside a server."""
    return build_access(small, Database(small.database), now=clock, passwords=quick_passwords())


def actions(access: Access) -> list[tuple[str, str, str]]:
    return [(entry.action, entry.actor, entry.target) for entry in access.audit.entries(ROOT, AuditFilter())]


# --- accounts


def test_names_are_one_however_they_are_typed(access: Access) -> None:
    assert access.logins.log_in(" ＢＯＳＳ ", GOOD, Visit()).account.name == "boss"
    with pytest.raises(AccountError, match="已有名为“boss”的账号"):
        access.accounts.add(ROOT, "Boss", Role.AGENT, GOOD)


def test_an_account_becomes_a_caller_with_its_rights(access: Access) -> None:
    token = access.logins.log_in("小王", GOOD, Visit()).token
    assert access.sessions.caller(token) == Caller("小王", Role.EDITOR, frozenset({"售后业务部"}), False, Via.SESSION)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda a, by: a.accounts.add(by, "neu", Role.AGENT, GOOD),
        lambda a, by: a.accounts.all(by),
        lambda a, by: a.accounts.disable(by, "boss"),
        lambda a, by: a.accounts.enable(by, "boss"),
        lambda a, by: a.accounts.reset(by, "boss", BETTER),
        lambda a, by: a.accounts.change(by, "小王", Role.ADMIN, None, True),
        lambda a, by: a.tokens.add(by, "bot", Role.AGENT),
        lambda a, by: a.tokens.all(by),
        lambda a, by: a.tokens.revoke(by, "bot"),
        lambda a, by: a.audit.entries(by, AuditFilter()),
    ],
)
def test_only_administrators_administer(access: Access, attempt: Callable[[Access, Caller], object]) -> None:
    before = access.accounts.all(ROOT), actions(access)
    for role in (Role.AGENT, Role.EDITOR, Role.REVIEWER):
        with pytest.raises(AccessDenied):
            attempt(access, Caller("x", role, None, True, Via.SESSION))
    with pytest.raises(LoginRequired):
        attempt(access, Caller.anonymous(Role.AGENT))
    assert (access.accounts.all(ROOT), actions(access)) == before


@pytest.mark.parametrize(
    "attempt",
    [
        lambda a: a.accounts.disable(ROOT, "boss"),
        lambda a: a.accounts.change(ROOT, "boss", Role.REVIEWER, None, True),
    ],
)
def test_the_last_administrator_stays(access: Access, attempt: Callable[[Access], object]) -> None:
    access.accounts.add(ROOT, "second", Role.ADMIN, GOOD)
    access.accounts.disable(ROOT, "second")
    with pytest.raises(AccountError, match="最后一个可用的管理员"):
        attempt(access)
    assert access.accounts.has_administrator()
    access.accounts.enable(ROOT, "second")
    attempt(access)
    assert access.accounts.has_administrator()


def test_two_administrators_can_not_remove_each_other_at_once(access: Access) -> None:
    access.accounts.add(ROOT, "second", Role.ADMIN, GOOD)
    at_once, refused = threading.Barrier(2), []

    def disable(name: str) -> None:
        at_once.wait()
        try:
            access.accounts.disable(ROOT, name)
        except AccountError as error:
            refused.append(error)

    threads = [threading.Thread(target=disable, args=[name]) for name in ("boss", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert access.accounts.has_administrator()


def test_before_the_first_account_there_is_no_administrator(small: Settings) -> None:
    assert not build_access(small, Database(small.database)).accounts.has_administrator()


def test_an_unknown_account_can_not_be_changed(access: Access) -> None:
    for attempt in (access.accounts.disable, access.accounts.enable):
        with pytest.raises(AccountError, match="没有名为“nobody”的账号"):
            attempt(ROOT, "Nobody")


# --- logging in


def test_a_wrong_password_and_an_unknown_name_look_the_same(access: Access) -> None:
    access.accounts.add(ROOT, "elsewhere", Role.AGENT, None)
    access.accounts.add(ROOT, "gone", Role.AGENT, GOOD)
    access.accounts.disable(ROOT, "gone")
    told = set()
    for name, password in [("boss", "wrong"), ("nobody", GOOD), ("elsewhere", ""), ("gone", GOOD), ("a b", GOOD)]:
        with pytest.raises(LoginFailed) as error:
            access.logins.log_in(name, password, Visit())
        told.add(str(error.value))
    assert len(told) == 1


def test_a_password_is_the_same_however_it_is_composed(access: Access) -> None:
    access.accounts.reset(ROOT, "boss", "caf\u00e9 au lait ﬁn")
    assert access.logins.log_in("boss", "cafe\u0301 au lait fin", Visit()).token


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("short", "10 到 200"),
        ("x" * 201, "10 到 200"),
        ("1234567890", "太常见"),
        ("Qwertyuiop", "太常见"),
        ("ababababab", "太常见"),
        ("somebody2026", "不能是登录名"),
        ("ＳＯＭＥＢＯＤＹ99", "不能是登录名"),
    ],
)
def test_what_is_guessed_first_is_no_password(access: Access, password: str, told: str) -> None:
    with pytest.raises(AccountError, match=told):
        access.accounts.add(ROOT, "somebody", Role.AGENT, password)


def test_few_hashes_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 64 MiB: a crowd waits its turn, and not for ever."""
    monkeypatch.setattr("kb.access.passwords._PATIENCE", 0.01)
    passwords = Passwords()
    with passwords._one_of_few(), passwords._one_of_few(), pytest.raises(LoginsBusy):
        passwords.hash(GOOD)
    assert passwords.fits(GOOD, passwords.hash(GOOD))


# --- sessions


def test_a_session_brought_along_ends_at_login(access: Access) -> None:
    """Session fixation: whoever planted the token in the browser gets nothing by it."""
    planted = access.logins.log_in("小王", GOOD, Visit()).token
    mine = access.logins.log_in("boss", GOOD, Visit(session=planted)).token
    assert access.sessions.caller(planted) is None
    assert mine != planted
    made_up = access.logins.log_in("boss", GOOD, Visit(session="made up by somebody else")).token
    assert made_up != "made up by somebody else"
    assert access.sessions.caller("made up by somebody else") is None


def test_a_session_ends_when_it_rests_too_long(access: Access, small: Settings, clock: Clock) -> None:
    token = access.logins.log_in("boss", GOOD, Visit()).token
    for _ in range(3):
        clock.turn(hours=small.session_idle_hours - 0.1)
        assert access.sessions.caller(token)
    clock.turn(hours=small.session_idle_hours)
    assert access.sessions.caller(token) is None
    clock.turn(hours=-1)
    assert access.sessions.caller(token) is None, "ended, not only hidden"


def test_a_session_ends_however_busy_it_is(access: Access, small: Settings, clock: Clock) -> None:
    token = access.logins.log_in("boss", GOOD, Visit()).token
    for _ in range(small.session_max_days * 4 - 1):
        clock.turn(hours=6)
        assert access.sessions.caller(token)
    clock.turn(hours=6)
    assert access.sessions.caller(token) is None


def test_a_session_of_a_clock_that_was_ahead_does_not_last_until_then(access: Access, clock: Clock) -> None:
    clock.turn(days=365)
    token = access.logins.log_in("boss", GOOD, Visit()).token
    clock.turn(minutes=-1)
    assert access.sessions.caller(token), "clocks are set right by a little all the time"
    clock.turn(days=-300)
    assert access.sessions.caller(token) is None
    assert access.sessions.of("boss") == []


def test_what_another_process_ends_is_over_within_two_seconds(access: Access, elsewhere: Access, clock: Clock) -> None:
    token = access.logins.log_in("小王", GOOD, Visit()).token
    assert access.sessions.caller(token)
    elsewhere.accounts.disable(ROOT, "小王")
    clock.turn(seconds=AT_MOST.total_seconds())
    assert access.sessions.caller(token) is None
    elsewhere.accounts.enable(ROOT, "小王")
    assert access.sessions.caller(token) is None, "enabling an account revives no session"


def test_what_this_process_ends_is_over_at_once(access: Access) -> None:
    ends: list[Callable[[], object]] = [
        lambda: access.accounts.disable(ROOT, "小王"),
        lambda: access.accounts.reset(ROOT, "小王", BETTER),
    ]
    for end, password in zip(ends, (GOOD, GOOD), strict=True):
        token = access.logins.log_in("小王", password, Visit()).token
        assert access.sessions.caller(token)
        end()
        assert access.sessions.caller(token) is None
        access.accounts.enable(ROOT, "小王")
    token = access.logins.log_in("小王", BETTER, Visit()).token
    access.logins.log_out(Caller("小王", Role.EDITOR, via=Via.SESSION), token)
    assert access.sessions.caller(token) is None


def test_other_rights_hold_within_two_seconds(access: Access, elsewhere: Access, clock: Clock) -> None:
    token = access.logins.log_in("小王", GOOD, Visit()).token
    assert access.sessions.caller(token)
    elsewhere.accounts.change(ROOT, "小王", Role.AGENT, frozenset({"物流部"}), True)
    clock.turn(seconds=AT_MOST.total_seconds())
    assert access.sessions.caller(token) == Caller("小王", Role.AGENT, frozenset({"物流部"}), True, Via.SESSION)


def test_a_busy_session_is_neither_read_nor_written_each_time(access: Access, small: Settings, clock: Clock) -> None:
    token = access.logins.log_in("boss", GOOD, Visit()).token
    database = Database(small.database)

    def seen() -> int:
        with database.read() as db:
            return int(db.execute("SELECT max(seen) FROM sessions").fetchone()[0])

    first = seen()
    for _ in range(10):
        clock.turn(seconds=3)
        access.sessions.caller(token)
    assert seen() == first
    clock.turn(minutes=1)
    access.sessions.caller(token)
    assert seen() > first


def test_no_request_fails_because_something_can_not_be_noted(access: Access, small: Settings, clock: Clock) -> None:
    """Somebody else writes for long, or the disk is full: who is logged in stays so."""
    session = access.logins.log_in("boss", GOOD, Visit()).token
    secret = access.tokens.add(ROOT, "bot", Role.AGENT)
    clock.turn(minutes=5)
    with sqlite3.connect(small.database, isolation_level=None) as writer:
        writer.execute("CREATE TRIGGER full BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'is full'); END")
        writer.execute("CREATE TRIGGER full2 BEFORE UPDATE ON tokens BEGIN SELECT RAISE(ABORT, 'is full'); END")
    writer.close()
    assert access.sessions.caller(session)
    assert access.tokens.caller(secret)


def test_changing_ones_password_ends_all_other_sessions(access: Access) -> None:
    here = access.logins.log_in("小王", GOOD, Visit(browser="Firefox", address="10.0.0.1")).token
    there = access.logins.log_in("小王", GOOD, Visit()).token
    foreign = access.logins.log_in("boss", GOOD, Visit()).token
    me = access.sessions.caller(here)
    assert me
    access.logins.change_password(me, here, GOOD, BETTER)
    assert access.sessions.caller(here)
    assert access.sessions.caller(there) is None
    assert access.sessions.caller(foreign)
    assert [session.browser for session in access.sessions.of("小王")] == ["Firefox"]
    with pytest.raises(LoginFailed):
        access.logins.log_in("小王", GOOD, Visit())
    assert access.logins.log_in("小王", BETTER, Visit())


def test_changing_ones_password_takes_the_present_one(access: Access) -> None:
    """A browser left open must not be enough to take an account over, nor to guess its password."""
    token = access.logins.log_in("小王", GOOD, Visit()).token
    me = access.sessions.caller(token)
    assert me
    with pytest.raises(AccountError, match="10 到 200"):
        access.logins.change_password(me, token, GOOD, "short")
    for _ in range(5):
        with pytest.raises(LoginFailed, match="没有修改"):
            access.logins.change_password(me, token, "wrong", BETTER)
    with pytest.raises(TooManyLogins):
        access.logins.change_password(me, token, GOOD, BETTER)
    assert access.logins.log_in("小王", GOOD, Visit()), "that locks nobody out"


def test_only_people_have_an_account_of_their_own(access: Access) -> None:
    for by in (ROOT, Caller.anonymous(Role.AGENT), Caller("小王", Role.EDITOR, via=Via.TOKEN)):
        with pytest.raises(LoginRequired):
            access.logins.change_password(by, None, GOOD, BETTER)


def test_other_browsers_can_be_logged_out(access: Access) -> None:
    here, there = (access.logins.log_in("小王", GOOD, Visit()).token for _ in range(2))
    me = access.sessions.caller(here)
    assert me
    assert access.logins.end_others(me, here) == 1
    assert (access.sessions.caller(here), access.sessions.caller(there)) == (me, None)


# --- what is written down


def test_every_change_and_login_is_written_down(access: Access) -> None:
    access.accounts.reset(ROOT, "小王", BETTER)
    token = access.logins.log_in("小王", BETTER, Visit()).token
    me = access.sessions.caller(token)
    assert me
    access.logins.change_password(me, token, BETTER, GOOD)
    access.logins.log_out(me, token)
    for name in ("小王", GOOD):
        with pytest.raises(LoginFailed):
            access.logins.log_in(name, "wrong", Visit())
    access.tokens.add(ROOT, "bot", Role.AGENT)
    access.tokens.revoke(ROOT, "bot")
    assert actions(access) == [
        ("token.revoke", "root", "bot"),
        ("token.add", "root", "bot"),
        ("login.failed", "", ""),
        ("login.failed", "", "小王"),
        ("logout", "小王", "小王"),
        ("password.change", "小王", "小王"),
        ("login", "小王", "小王"),
        ("user.reset", "root", "小王"),
        ("user.add", "root", "小王"),
        ("user.add", "root", "boss"),
    ]


def test_no_password_and_no_token_reaches_the_file(access: Access, tmp_path: Path) -> None:
    """Not even a password that was typed into the wrong field."""
    given = access.logins.log_in("小王", GOOD, Visit())
    secret = access.tokens.add(ROOT, "bot", Role.AGENT)
    assert access.tokens.caller(secret)
    with pytest.raises(LoginFailed):
        access.logins.log_in(GOOD, "typed-in-vain", Visit(device=given.device))
    files = list((tmp_path / "data").glob("zhida.db*"))
    content = b"".join(file.read_bytes() for file in files)
    assert "小王".encode() in content
    for word in (GOOD, "typed-in-vain", secret, secret.removeprefix("zhida_"), given.token, given.device):
        assert word.encode() not in content
