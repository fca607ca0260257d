"""Tokens for programs: ``Authorization: Bearer zhida_…``. They are shown once and kept as hashes."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from kb.access.audit import Audit
from kb.access.remembering import Remembered
from kb.access.signing import fingerprint
from kb.errors import AccountError, LoginFailed
from kb.model import Caller, Right, Role
from kb.ports.accounts import ApiToken, TokenStore
from kb.rules.access import require
from kb.rules.accounts import account_name

#: lets scanners of leaked secrets know ours
PREFIX = "zhida_"
_NOTED_EVERY = timedelta(minutes=1)


class Tokens:
    """The tokens in force. When one was used is written ``later``, no request waits for that."""

    def __init__(
        self,
        store: TokenStore,
        audit: Audit,
        later: Callable[[Callable[[], object]], None],
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._audit, self._later, self._now = store, audit, later, now
        self._remembered: Remembered[ApiToken] = Remembered()

    def add(
        self,
        by: Caller,
        name: str,
        role: Role,
        owners: frozenset[str] | None = None,
        can_publish: bool = True,
        expires: datetime | None = None,
    ) -> str:
        """Make a token; returns the secret, which can't be shown again. Raises AccountError, AccessDenied."""
        require(by, Right.ADMINISTER)
        now, secret = self._now(), PREFIX + secrets.token_urlsafe(32)
        if role is Role.PUBLIC:
            raise AccountError("令牌的角色只能是客服、业务编辑、审核人或管理员。")
        if expires is not None and expires <= now:
            raise AccountError("令牌的到期时间已经过去。")
        token = ApiToken(account_name(name), fingerprint(secret), role, now, by.name, owners, can_publish, expires)
        self._store.add(token)
        scope = {"owners": sorted(owners) if owners is not None else None, "can_publish": can_publish}
        until = expires.isoformat(timespec="seconds") if expires else None
        self._audit.record(by, "token.add", token.name, {"role": role.value, **scope, "expires": until})
        return secret

    def all(self, by: Caller) -> list[ApiToken]:
        """In order of name, expired ones too. Raises AccessDenied."""
        require(by, Right.ADMINISTER)
        return self._store.all()

    def revoke(self, by: Caller, name: str) -> None:
        """End a token; other processes notice within 2 s. Raises AccountError, AccessDenied."""
        require(by, Right.ADMINISTER)
        name = account_name(name)
        if not self._store.remove(name):
            raise AccountError(f"没有名为“{name}”的令牌。")
        self._remembered.forget()
        self._audit.record(by, "token.revoke", name)

    def caller(self, secret: str) -> Caller:
        """Whose token it is. Raises LoginFailed when it is none, or none any more."""
        key, now = fingerprint(secret), self._now()
        token = self._remembered.get(key, now) or self._looked_up(key, now)
        if token is None or (token.expires is not None and token.expires <= now):
            raise LoginFailed("访问令牌不对、已过期或已撤销。请向管理员要一个新的令牌。")
        return token.caller()

    def forget(self) -> None:
        """Look every token up anew: somebody else has revoked some."""
        self._remembered.forget()

    def _looked_up(self, key: str, now: datetime) -> ApiToken | None:
        token = self._store.get(key)
        if token is None:
            return None
        if token.last_used is None or now - token.last_used >= _NOTED_EVERY:
            self._later(partial(self._store.touch, key, now))
        self._remembered.put(key, token, now)
        return token
