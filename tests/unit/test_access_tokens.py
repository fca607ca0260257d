"""Tokens for programs: shown once, kept as a hash, ended by date or by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kb.access import Access
from kb.access.remembering import AT_MOST
from kb.config import Settings
from kb.errors import AccountError, LoginFailed
from kb.model import Caller, Role, Via
from kb.store.database import Database
from kb.wiring.access import build_access
from tests.unit.access_desk import Clock

ROOT = Caller.local("root")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(small: Settings, clock: Clock) -> Access:
    return build_access(small, Database(small.database), now=clock)


def test_a_token_becomes_a_caller_with_its_rights(access: Access) -> None:
    secret = access.tokens.add(ROOT, "Bot", Role.EDITOR, frozenset({"售后业务部"}), can_publish=False)
    assert access.tokens.caller(secret) == Caller("bot", Role.EDITOR, frozenset({"售后业务部"}), False, Via.TOKEN)
    assert secret.startswith("zhida_")
    assert len(secret) == len("zhida_") + 43  # 32 bytes, URL-safe


@pytest.mark.parametrize("wrong", ["", "zhida_", "zhida_" + "x" * 43, "é" * 40, "\ud800"])
def test_a_wrong_token_is_nobodys(access: Access, wrong: str) -> None:
    access.tokens.add(ROOT, "bot", Role.AGENT)
    with pytest.raises(LoginFailed, match="不对、已过期或已撤销"):
        access.tokens.caller(wrong)


def test_a_token_ends_with_its_date_even_while_it_is_remembered(access: Access, clock: Clock) -> None:
    secret = access.tokens.add(ROOT, "bot", Role.AGENT, expires=clock() + timedelta(seconds=1))
    assert access.tokens.caller(secret)
    clock.turn(seconds=1)
    with pytest.raises(LoginFailed):
        access.tokens.caller(secret)
    with pytest.raises(AccountError, match="已经过去"):
        access.tokens.add(ROOT, "late", Role.AGENT, expires=clock())


def test_a_revoked_token_ends_at_once_here_and_within_two_seconds_elsewhere(
    access: Access, small: Settings, clock: Clock
) -> None:
    elsewhere = build_access(small, Database(small.database), now=clock)
    secret = access.tokens.add(ROOT, "bot", Role.AGENT)
    assert access.tokens.caller(secret)
    assert elsewhere.tokens.caller(secret)
    access.tokens.revoke(ROOT, "BOT")
    with pytest.raises(LoginFailed):
        access.tokens.caller(secret)
    clock.turn(seconds=AT_MOST.total_seconds())
    with pytest.raises(LoginFailed):
        elsewhere.tokens.caller(secret)
    with pytest.raises(AccountError, match="没有名为“bot”的令牌"):
        access.tokens.revoke(ROOT, "bot")


def test_a_name_has_one_token_at_a_time(access: Access) -> None:
    first = access.tokens.add(ROOT, "bot", Role.AGENT)
    with pytest.raises(AccountError, match="已有名为“bot”的令牌"):
        access.tokens.add(ROOT, "bot", Role.AGENT)
    access.tokens.revoke(ROOT, "bot")
    assert access.tokens.add(ROOT, "bot", Role.AGENT) != first


def test_nobody_in_particular_is_no_role_for_a_token(access: Access) -> None:
    with pytest.raises(AccountError, match="角色"):
        access.tokens.add(ROOT, "bot", Role.PUBLIC)


def test_last_use_is_noted_once_a_minute(access: Access, clock: Clock) -> None:
    secret = access.tokens.add(ROOT, "bot", Role.AGENT)
    (token,) = access.tokens.all(ROOT)
    assert token.last_used is None
    first = clock()
    for seconds in (0, 30, 28):
        clock.turn(seconds=seconds)
        access.tokens.caller(secret)
        assert access.tokens.all(ROOT)[0].last_used == first
    clock.turn(seconds=2)
    access.tokens.caller(secret)
    assert access.tokens.all(ROOT)[0].last_used == clock()


def test_a_listed_token_does_not_show_what_opens(access: Access) -> None:
    secret = access.tokens.add(ROOT, "bot", Role.AGENT)
    assert secret not in repr(access.tokens.all(ROOT))
