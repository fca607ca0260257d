"""PORT accounts: who may log in, their sessions, programs' tokens, failed logins, and the log of what was done.

Moments are aware datetimes. Secrets come here as hashes only. Every call may raise StoreError, StoreCorrupt or
StoreBusy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from kb.model import Caller, Role, Via


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in. ``name`` is folded (``kb.rules.accounts``), ``display`` is what screens show.

    ``owners``: the business departments whose articles they deal with, None for all. ``password_hash`` is None for
    people who log in elsewhere; ``identity`` is who they are there: issuer and subject.
    """

    name: str
    display: str
    role: Role
    created: datetime
    owners: frozenset[str] | None = None
    can_publish: bool = True
    password_hash: str | None = field(default=None, repr=False)
    identity: tuple[str, str] | None = None
    disabled: bool = False
    last_login: datetime | None = None

    def caller(self, via: Via = Via.SESSION) -> Caller:
        """Who asks, when this account does."""
        return Caller(self.name, self.role, self.owners, self.can_publish, via, self.display)


class AccountStore(Protocol):
    """The accounts; they are disabled, never deleted: history names them."""

    def add(self, account: Account) -> None:
        """Keep a new one. Raises AccountError when name or identity are taken."""

    def get(self, name: str) -> Account | None:
        """By folded name."""

    def by_identity(self, issuer: str, subject: str) -> Account | None:
        """Who logs in elsewhere as ``subject``."""

    def all(self) -> list[Account]:
        """In order of name."""

    def change(self, name: str, edit: Callable[[Account], Account]) -> Account:
        """Read, edit and write in one transaction; return what was written.

        Raises AccountError when there is no such account, or no active administrator would be left.
        """


@dataclass(frozen=True, slots=True)
class Session:
    """A login that lasts. ``key`` is the hash of the token that the browser has; ``browser``: what it calls itself."""

    key: str
    account: str
    created: datetime
    seen: datetime
    browser: str = ""
    address: str = ""


class SessionStore(Protocol):
    """The sessions of all accounts."""

    def add(self, session: Session) -> None:
        """Keep a new one."""

    def get(self, key: str) -> tuple[Session, Account] | None:
        """The session and whose it is; None when it was ended or the account is disabled."""

    def touch(self, key: str, seen: datetime) -> None:
        """Note that it was used."""

    def of(self, account: str) -> list[Session]:
        """The sessions of an account, the one used last first."""

    def end(self, key: str) -> None:
        """Forget it; without one, nothing happens."""

    def end_all(self, account: str, but: str | None = None) -> int:
        """Forget the sessions of an account except ``but``; return how many that was."""

    def purge(self, created_before: datetime, seen_before: datetime) -> None:
        """Forget those that are older or were not used since."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What a program may do that has the secret whose hash is ``key``."""

    name: str
    key: str = field(repr=False)
    role: Role
    created: datetime
    created_by: str
    owners: frozenset[str] | None = None
    can_publish: bool = True
    expires: datetime | None = None
    last_used: datetime | None = None

    def caller(self) -> Caller:
        """Who asks, when this token is brought."""
        return Caller(self.name, self.role, self.owners, self.can_publish, Via.TOKEN)


class TokenStore(Protocol):
    """The tokens in force."""

    def add(self, token: ApiToken) -> None:
        """Keep a new one. Raises AccountError when the name is taken."""

    def get(self, key: str) -> ApiToken | None:
        """By the hash of the secret."""

    def all(self) -> list[ApiToken]:
        """In order of name."""

    def touch(self, key: str, used: datetime) -> None:
        """Note that it was used."""

    def remove(self, name: str) -> bool:
        """Forget it; whether there was one."""


class LoginFailures(Protocol):
    """How often logging in was tried in vain lately, by keys that tell nothing about whom."""

    def attempt(
        self, free: Mapping[str, int], at: datetime, wait: Callable[[int], timedelta], forgotten_after: timedelta
    ) -> timedelta:
        """Count one more try at each key, unless one has to wait; return how long (nothing: it was counted).

        ``free`` says how many tries each key has; ``wait`` how long to wait after so many tries beyond those.
        """

    def forget(self, key: str) -> None:
        """Its tries were not in vain."""

    def take_back(self, key: str) -> None:
        """Its latest try was not in vain; earlier ones still count."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Somebody did something: never with a password, a token or what customers said."""

    at: datetime
    actor: str
    via: Via
    action: str
    target: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to list; None: any."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    action: str | None = None
    target: str | None = None


class AuditLog(Protocol):
    """What was done, and by whom; entries are added and never changed or removed."""

    def add(self, entry: AuditEntry) -> None:
        """Write it down."""

    def entries(self, wanted: AuditFilter, limit: int | None = None, offset: int = 0) -> list[AuditEntry]:
        """The entries wanted, latest first."""
