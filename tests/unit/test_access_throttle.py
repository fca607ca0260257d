"""Guessing passwords takes too long, and nobody can lock out somebody else by it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.access import Access
from kb.access.logins import Visit
from kb.access.throttle import FREE_TRIES, FREE_TRIES_OF_ADDRESS, LONGEST_WAIT, wait
from kb.config import Settings
from kb.errors import LoginFailed, LoginsBusy, TooManyLogins
from kb.model import Caller, Role
from kb.store.database import Database
from kb.wiring.access import build_access
from tests.unit.access_desk import Clock, quick_passwords

GOOD = "correct horse battery"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(small: Settings, clock: Clock) -> Access:
    made = build_access(small, Database(small.database), now=clock, passwords=quick_passwords())
    for name in ("victim", "attacker"):
        made.accounts.add(Caller.local(), name, Role.AGENT, GOOD)
    return made


def guess(access: Access, times: int, name: str = "victim", device: str = "", address: str = "10.0.0.66") -> int:
    """Log in with wrong passwords; how many of them were looked at."""
    looked_at = 0
    for number in range(times):
        try:
            access.logins.log_in(name, f"guess {number}", Visit(device=device, address=address))
        except LoginFailed:
            looked_at += 1
        except TooManyLogins:
            pass
    return looked_at


def test_after_some_tries_even_the_right_password_has_to_wait(access: Access, clock: Clock) -> None:
    assert guess(access, 20) == FREE_TRIES
    with pytest.raises(TooManyLogins) as error:
        access.logins.log_in("victim", GOOD, Visit(address="10.0.0.1"))
    assert error.value.seconds == 1
    clock.turn(seconds=1)
    assert access.logins.log_in("victim", GOOD, Visit(address="10.0.0.1"))
    assert guess(access, 20) == FREE_TRIES, "success begins a new count"


def test_waiting_gets_longer_and_trying_meanwhile_does_not_prolong_it(access: Access, clock: Clock) -> None:
    guess(access, FREE_TRIES)
    for seconds in (1, 2, 4, 8, 16):
        clock.turn(seconds=seconds - 0.1)
        assert guess(access, 3) == 0
        clock.turn(seconds=0.1)
        assert guess(access, 3) == 1


def test_a_patient_attacker_tries_fewer_than_two_hundred_a_day(access: Access, clock: Clock) -> None:
    tried = 0
    for _ in range(24 * 60):
        tried += guess(access, 3, address=f"10.0.0.{tried % 200}")
        clock.turn(minutes=1)
    assert tried < 200


def test_an_attacker_can_not_lock_the_rightful_user_out(access: Access) -> None:
    mine = access.logins.log_in("victim", GOOD, Visit(address="10.0.0.1")).device
    guess(access, 1000)
    guess(access, 1000, address="10.0.0.1")  # a colleague behind the same address
    assert access.logins.log_in("victim", GOOD, Visit(device=mine, address="10.0.0.1"))


def test_a_device_is_nobody_elses(access: Access) -> None:
    """The cookie of one's own account opens no second count for another's, nor does an invented one."""
    mine = access.logins.log_in("attacker", GOOD, Visit()).device
    assert guess(access, FREE_TRIES) == FREE_TRIES
    nonce, _, signature = mine.partition(".")
    for device in (mine, f"other.{signature}", f"{nonce}.", nonce, ".", "é.ü"):
        assert guess(access, 2, device=device) == 0


def test_a_stolen_device_has_to_wait_too(access: Access) -> None:
    stolen = access.logins.log_in("victim", GOOD, Visit()).device
    assert guess(access, 20, device=stolen) == FREE_TRIES


def test_an_address_can_not_try_many_names(access: Access) -> None:
    tried = sum(guess(access, 1, name=f"name{number}") for number in range(100))
    assert tried == FREE_TRIES_OF_ADDRESS
    assert guess(access, 1, name="name100", address="10.0.0.67") == 1


def test_ones_own_account_does_not_hide_guessing_of_others(access: Access) -> None:
    tried = 0
    for number in range(100):
        tried += guess(access, 1, name=f"name{number}")
        try:
            access.logins.log_in("attacker", GOOD, Visit(address="10.0.0.66"))
        except TooManyLogins:
            break
    assert tried <= FREE_TRIES_OF_ADDRESS


def test_tries_at_the_same_moment_are_not_all_the_last_free_one(access: Access) -> None:
    at_once, looked_at = threading.Barrier(12), []

    def run() -> None:
        at_once.wait()
        try:
            access.logins._throttle.admit("victim", "", "10.0.0.66")
            looked_at.append(1)
        except TooManyLogins:
            pass

    threads = [threading.Thread(target=run) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == FREE_TRIES


def test_failures_are_forgotten_after_a_day(access: Access, small: Settings, clock: Clock) -> None:
    guess(access, FREE_TRIES)
    clock.turn(days=1, seconds=1)
    assert guess(access, FREE_TRIES, name="attacker") == FREE_TRIES
    with Database(small.database).read() as db:
        assert db.execute("SELECT count(*) FROM login_failures").fetchone()[0] == 2  # the name, the address


@given(st.integers(-100, 10_000), st.integers(-100, 10_000))
def test_waits_grow_up_to_a_limit(fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))
    assert timedelta() <= wait(fewer) <= wait(more) <= LONGEST_WAIT
    assert (wait(fewer) == timedelta()) == (fewer < 0)


def test_those_whose_turn_did_not_come_have_not_tried(
    small: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A department that logs in at nine, all behind one address, is no attack."""
    monkeypatch.setattr("kb.access.passwords._PATIENCE", 0.01)
    passwords = quick_passwords()
    access = build_access(small, Database(small.database), now=clock, passwords=passwords)
    access.accounts.add(Caller.local(), "victim", Role.AGENT, GOOD)
    with passwords._one_of_few(), passwords._one_of_few():
        for _ in range(FREE_TRIES_OF_ADDRESS + 1):
            with pytest.raises(LoginsBusy):
                access.logins.log_in("victim", GOOD, Visit(address="10.0.0.1"))
    mine = access.logins.log_in("victim", GOOD, Visit(address="10.0.0.1"))
    assert guess(access, 20, name="nobody", address="10.0.0.1") == FREE_TRIES
    by = access.sessions.caller(mine.token)
    assert by is not None
    with passwords._one_of_few(), passwords._one_of_few():
        for _ in range(FREE_TRIES + 1):
            with pytest.raises(LoginsBusy):
                access.logins.change_password(by, mine.token, GOOD, "staple 蓝色 staple")
    access.logins.change_password(by, mine.token, GOOD, "staple 蓝色 staple")


def test_nobody_waits_for_the_time_of_a_clock_that_was_ahead(access: Access, clock: Clock) -> None:
    clock.turn(days=365)
    guess(access, 20)
    clock.turn(days=-365)
    with pytest.raises(TooManyLogins) as error:
        access.logins.log_in("victim", GOOD, Visit(address="10.0.0.1"))
    assert error.value.seconds == 1
    clock.turn(seconds=1)
    assert access.logins.log_in("victim", GOOD, Visit(address="10.0.0.1"))
