"""A clock that tests turn by hand, passwords that cost them no time, and a service with both."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from argon2 import PasswordHasher

from kb.access.passwords import Passwords
from kb.config import Settings
from kb.model import Caller, Role
from kb.service import Service
from kb.store.database import Database
from kb.wiring.access import build_access
from kb.wiring.service import build_service

ROOT = Caller.local("root")
GOOD, BETTER = "correct horse battery", "staple 蓝色 staple"


class Clock:
    """Call it for the moment; it stands still until it is turned."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        """Forward, by what ``timedelta`` takes."""
        self.now += timedelta(**by)


def quick_passwords() -> Passwords:
    """The real thing with parameters that nobody should use."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def staffed(settings: Settings, clock: Clock) -> Service:
    """A service whose logins go by ``clock``, with the administrator boss and the editor 小王, both with GOOD."""
    service = build_service(settings)
    service.index()
    access = build_access(settings, Database(settings.database), now=clock, passwords=quick_passwords())
    access.accounts.add(ROOT, "boss", Role.ADMIN, GOOD)
    access.accounts.add(ROOT, "小王", Role.EDITOR, GOOD, "王芳", frozenset({"售后业务部"}), can_publish=False)
    return Service(replace(service.system, access=access))
