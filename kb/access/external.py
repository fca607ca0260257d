"""People whom somebody else vouches for: a provider of OpenID Connect, or a reverse proxy. They get an account here.

An account belongs to an *identity* (issuer and subject), never to a name or an e-mail address: whoever can choose
those elsewhere can't get into somebody else's account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count

from kb.access.audit import Audit
from kb.access.logins import LoggedIn, Logins, Visit
from kb.access.remembering import Remembered
from kb.config_values import Network
from kb.errors import AccessDenied, AccountError, LoginFailed
from kb.model import Caller, Role, Via
from kb.ports.accounts import Account, AccountStore
from kb.ports.identity import Departure, Identity, IdentityProvider
from kb.rules.accounts import LONGEST_NAME, near_name
from kb.text.controls import without_controls

#: what stands for the issuer of those whom a proxy names
PROXY = "proxy"


class ExternalAccounts:
    """The accounts of such people, made when they come for the first time."""

    def __init__(self, store: AccountStore, audit: Audit, now: Callable[[], datetime]) -> None:
        self._store, self._audit, self._now = store, audit, now

    def account(self, identity: Identity, via: Via, role: Role | None = None) -> Account:
        """Whose identity it is; ``role`` replaces that of the account, None leaves it. Disabled ones are returned too.

        Raises AccountError when that would leave no administrator.
        """
        found = self._store.by_identity(identity.issuer, identity.subject)
        if found is None:
            return self._made(identity, via, role or Role.AGENT)
        if role in (None, found.role) or found.disabled:
            return found
        changed = self._store.change(found.name, lambda account: replace(account, role=role))
        self._audit.record(changed.caller(via), "user.role", changed.name, {"role": changed.role.value})
        return changed

    def _made(self, identity: Identity, via: Via, role: Role) -> Account:
        """A new account, by the first free name like the one wished for."""
        wish = near_name(identity.name)
        for number in count(1):
            name = wish if number == 1 else f"{wish[: LONGEST_NAME - 6]}-{number}"
            if self._store.get(name) is None:
                break
        display = without_controls(identity.display).strip()[:LONGEST_NAME] or name
        account = Account(name, display, role, self._now(), identity=(identity.issuer, identity.subject))
        try:
            self._store.add(account)
        except AccountError:  # two first requests at once: the other one was faster, with this identity or this name
            return self._store.by_identity(identity.issuer, identity.subject) or self._made(identity, via, role)
        self._audit.record(account.caller(via), "user.add", name, {"issuer": identity.issuer, "role": role.value})
        return account


class SingleSignOn:
    """Logging in with a provider, which people call ``name``. ``roles`` by group; none: administrators set them.

    ``provider`` is called where one is needed: most commands need none, and it takes a second to load.
    """

    def __init__(
        self,
        name: str,
        provider: Callable[[], IdentityProvider],
        accounts: ExternalAccounts,
        logins: Logins,
        roles: Mapping[str, Role],
    ) -> None:
        self.name = name
        self._provider, self._accounts, self._logins, self._roles = provider, accounts, logins, roles

    def begin(self, redirect_uri: str, ask_again: bool = False) -> Departure:
        """Where to send the browser (see the port). Raises SingleSignOnError."""
        return self._provider().begin(redirect_uri, ask_again)

    def finish(self, departure: Departure, code: str, redirect_uri: str, visit: Visit) -> LoggedIn:
        """Log in who came back. Raises SingleSignOnError, LoginFailed when disabled, AccountError."""
        identity = self._provider().finish(departure, code, redirect_uri)
        account = self._accounts.account(identity, Via.SESSION, self._role(identity))
        return self._logins.admit(account, visit, Via.SESSION)

    def _role(self, identity: Identity) -> Role | None:
        """The highest that the groups give; agent without any of them: who leaves a group loses its role."""
        if not self._roles:
            return None
        given = {self._roles[group] for group in identity.groups & self._roles.keys()}
        return next((role for role in reversed(Role) if role in given), Role.AGENT)


class Proxies:
    """The reverse proxies in ``networks`` are trusted; they name who asks in ``user_header`` (``""``: they don't)."""

    def __init__(
        self,
        networks: tuple[Network, ...],
        user_header: str,
        accounts: ExternalAccounts,
        now: Callable[[], datetime],
    ) -> None:
        self.networks, self.user_header = networks, user_header
        self._accounts, self._now = accounts, now
        self._remembered: Remembered[Caller] = Remembered()

    def caller(self, name: str) -> Caller:
        """Whom a proxy named; whether to trust it was decided before.

        Raises AccessDenied when disabled, LoginFailed when that is no name, StoreError.
        """
        now = self._now()
        if caller := self._remembered.get(name, now):
            return caller
        if not name.isprintable() or "," in name or len(name) > LONGEST_NAME:
            # WSGI joins repeated headers by commas: which of them the proxy wrote can't be told
            raise LoginFailed(
                "反向代理给出的用户名不能用。请管理员检查代理：用户请求头须只有一个，用 UTF-8 写一个用户名。"
            )
        account = self._accounts.account(Identity(PROXY, name, name), Via.PROXY)
        if account.disabled:
            raise AccessDenied("这个账号已停用，请联系管理员。")
        caller = account.caller(Via.PROXY)
        self._remembered.put(name, caller, now)
        return caller
