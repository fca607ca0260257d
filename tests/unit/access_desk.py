"""A clock that tests turn by hand, and passwords that cost them no time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from argon2 import PasswordHasher

from kb.access.passwords import Passwords


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
