"""How often a password may be tried, so that guessing takes too long and nobody can lock out somebody else.

Device cookies as OWASP describes them: a browser in which somebody has logged in gets a signed cookie that says so.
Tries are counted for each (name, such browser), together for all other browsers that try the name, and for each
address. After some free tries every further one has to wait, twice as long each time. Strangers who try a name in vain
only make other strange browsers wait: the rightful user's own browser has a count of its own, and addresses don't
matter to it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kb.access.signing import Signer
from kb.errors import TooManyLogins
from kb.ports.accounts import LoginFailures

FREE_TRIES = 5
#: a whole office may share one
FREE_TRIES_OF_ADDRESS = 20
LONGEST_WAIT = timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(days=1)
_DOUBLINGS = 12


def wait(tries: int) -> timedelta:
    """How long to wait after ``tries`` beyond the free ones: 1 s, 2 s, 4 s, … 15 min; nothing below 0."""
    if tries < 0:
        return timedelta()
    return min(LONGEST_WAIT, timedelta(seconds=2 ** min(tries, _DOUBLINGS)))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that was counted, until ``succeeded`` or ``not_tried`` takes it back.

    ``address`` None: addresses don't matter to it.
    """

    key: str
    address: str | None


class Throttle:
    """Counts tries. ``device`` is always the cookie as the browser brought it, perhaps nothing or nonsense."""

    def __init__(self, failures: LoginFailures, signer: Signer, now: Callable[[], datetime]) -> None:
        self._failures, self._signer, self._now = failures, signer, now

    def device_cookie(self, name: str) -> str:
        """For a browser in which ``name`` has logged in."""
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._signer.sign('device', name, nonce)}"

    def admit(self, name: str, device: str, address: str) -> Attempt:
        """Count a try to log in as ``name`` from a browser at ``address``. Raises TooManyLogins."""
        nonce, _, signature = device.partition(".")
        if self._signer.is_signed(signature, "device", name, nonce):
            return self._count(Attempt(self._signer.sign("tries", name, nonce), None))
        return self._count(Attempt(self._signer.sign("tries", name), self._signer.sign("address", address)))

    def admit_known(self, name: str) -> Attempt:
        """Count a try of somebody who is logged in as ``name`` and says the password again. Raises TooManyLogins."""
        return self._count(Attempt(self._signer.sign("again", name), None))

    def succeeded(self, attempt: Attempt) -> None:
        """The password was right; of the address only this try is forgotten: it may be guessing others' passwords."""
        self._failures.forget(attempt.key)
        if attempt.address is not None:
            self._failures.take_back(attempt.address)

    def not_tried(self, attempt: Attempt) -> None:
        """Nobody looked at the password: the machine was busy with those of others."""
        self._failures.take_back(attempt.key)
        if attempt.address is not None:
            self._failures.take_back(attempt.address)

    def _count(self, attempt: Attempt) -> Attempt:
        free = {attempt.key: FREE_TRIES}
        if attempt.address is not None:
            free[attempt.address] = FREE_TRIES_OF_ADDRESS
        left = self._failures.attempt(free, self._now(), wait, _FORGOTTEN_AFTER)
        if left > timedelta():
            raise TooManyLogins(-(-left // timedelta(seconds=1)))
        return attempt
