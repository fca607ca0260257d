"""Logins that last: a random token in a cookie, its hash here, ended by the clock or by anybody who has a reason."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from kb.access.remembering import Remembered
from kb.access.signing import fingerprint
from kb.model import Caller
from kb.ports.accounts import Account, Session, SessionStore

#: "last seen" is no more precise; it saves writing with every request
_NOTED_EVERY = timedelta(minutes=1)
_LONGEST_NOTE = 200


class Sessions:
    """The sessions of all accounts. ``idle``: how long one may rest; ``longest``: how long one may last.

    What need not be written at once goes to ``later``: no request waits for it, or fails because of it.
    """

    def __init__(
        self,
        store: SessionStore,
        idle: timedelta,
        longest: timedelta,
        later: Callable[[Callable[[], object]], None],
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._idle, self._longest = store, idle, longest
        self._later, self._now = later, now
        self._remembered: Remembered[Caller] = Remembered()

    def open(self, account: Account, browser: str = "", address: str = "", former: str | None = None) -> str:
        """A new token for ``account``; ``former``, which the browser brought, ends: nobody can prepare a session."""
        now, token = self._now(), secrets.token_urlsafe(32)
        self._store.purge(now - self._longest, now - self._idle)
        if former is not None:
            self.end(former)
        self._store.add(
            Session(fingerprint(token), account.name, now, now, browser[:_LONGEST_NOTE], address[:_LONGEST_NOTE])
        )
        return token

    def caller(self, token: str) -> Caller | None:
        """Whose session it is; None when there is none (any more). Ended elsewhere, it holds for 2 s at most."""
        key, now = fingerprint(token), self._now()
        if caller := self._remembered.get(key, now):
            return caller
        found = self._store.get(key)
        if found is None:
            return None
        session, account = found
        if not self._holds(session, now):
            self._later(partial(self._store.end, key))
            return None
        if now - session.seen >= _NOTED_EVERY:
            self._later(partial(self._store.touch, key, now))
        caller = account.caller()
        self._remembered.put(key, caller, now)
        return caller

    def of(self, account: str) -> list[Session]:
        """The sessions of an account that still hold, the one used last first."""
        now = self._now()
        return [session for session in self._store.of(account) if self._holds(session, now)]

    def end(self, token: str) -> None:
        """Log out."""
        self._store.end(fingerprint(token))
        self._remembered.forget()

    def end_all(self, account: str, but: str | None = None) -> int:
        """End the sessions of an account, except that of the token ``but``; return how many that was."""
        ended = self._store.end_all(account, None if but is None else fingerprint(but))
        self._remembered.forget()
        return ended

    def forget(self) -> None:
        """Look every session up anew: somebody else has ended some."""
        self._remembered.forget()

    def _holds(self, session: Session, now: datetime) -> bool:
        """One that a clock far ahead has begun must not last until that time comes."""
        return abs(now - session.seen) < self._idle and abs(now - session.created) < self._longest
