"""Logging in with name and password, logging out, and changing one's own password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from kb.access.audit import Audit
from kb.access.passwords import Passwords
from kb.access.sessions import Sessions
from kb.access.throttle import Attempt, Throttle
from kb.errors import LoginFailed, LoginRequired, LoginsBusy
from kb.model import Caller, Role, Via
from kb.ports.accounts import Account, AccountStore
from kb.rules.accounts import check_password, folded


@dataclass(frozen=True, slots=True)
class Visit:
    """The browser that asks: its cookies as it brought them, what it calls itself, its network address."""

    session: str | None = field(default=None, repr=False)
    device: str = field(default="", repr=False)
    browser: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What the browser gets: the session's token, and the cookie that shows that it is no stranger."""

    account: Account
    token: str = field(repr=False)
    device: str = field(repr=False)


class Logins:
    """Everything that takes a password from the one whose it is."""

    def __init__(
        self,
        accounts: AccountStore,
        sessions: Sessions,
        passwords: Passwords,
        throttle: Throttle,
        audit: Audit,
        now: Callable[[], datetime],
    ) -> None:
        self._accounts, self._sessions, self._passwords = accounts, sessions, passwords
        self._throttle, self._audit, self._now = throttle, audit, now

    def log_in(self, name: str, password: str, visit: Visit) -> LoggedIn:
        """Raises LoginFailed, which doesn't tell whether the name exists, and TooManyLogins."""
        name = folded(name)
        attempt = self._throttle.admit(name, visit.device, visit.address)
        account = self._accounts.get(name)
        fits = self._fits(attempt, password, account.password_hash if account else None)
        if account is None or account.disabled or not fits:
            # what was typed is named only when it is a name: some type their password there
            target = account.name if account else ""
            self._audit.record(Caller.anonymous(Role.PUBLIC), "login.failed", target, {"address": visit.address})
            raise LoginFailed("登录名或密码不对。请检查大小写和输入法；忘记密码请找管理员重置。")
        self._throttle.succeeded(attempt)
        return self.admit(account, visit, Via.SESSION)

    def admit(self, account: Account, visit: Visit, via: Via) -> LoggedIn:
        """Open a session for somebody who has shown who they are, in whatever way. Raises LoginFailed."""
        if account.disabled:
            self._audit.record(Caller.anonymous(Role.PUBLIC), "login.failed", account.name, {"address": visit.address})
            raise LoginFailed("这个账号已停用，请联系管理员。")
        now = self._now()
        token = self._sessions.open(account, visit.browser, visit.address, former=visit.session)
        self._accounts.change(account.name, lambda current: replace(current, last_login=now))
        self._audit.record(account.caller(via), "login", account.name, {"address": visit.address})
        return LoggedIn(account, token, self._throttle.device_cookie(account.name))

    def log_out(self, by: Caller, token: str) -> None:
        """End the session of ``token``, if it still holds."""
        self._sessions.end(token)
        if by.known:
            self._audit.record(by, "logout", by.name)

    def account(self, by: Caller) -> Account:
        """One's own account. Raises LoginRequired for those who have none: programs, anonymous callers."""
        found = self._accounts.get(by.name) if by.via in (Via.SESSION, Via.PROXY) else None
        if found is None:
            raise LoginRequired("使用自己的账号")
        return found

    def change_password(self, by: Caller, token: str | None, current: str, new: str) -> None:
        """Change one's own password; all other sessions end. Raises LoginFailed, TooManyLogins, AccountError."""
        account = self.account(by)
        attempt = self._throttle.admit_known(account.name)
        if not self._fits(attempt, current, account.password_hash):
            self._audit.record(by, "password.failed", account.name)
            raise LoginFailed("现在的密码不对，密码没有修改。")
        self._throttle.succeeded(attempt)
        check_password(new, account.name)
        kept = self._passwords.hash(new)
        self._accounts.change(account.name, lambda now: replace(now, password_hash=kept))
        self._sessions.end_all(account.name, but=token)
        self._audit.record(by, "password.change", account.name)

    def end_others(self, by: Caller, token: str) -> int:
        """End one's own sessions in other browsers; return how many that was."""
        account = self.account(by)
        ended = self._sessions.end_all(account.name, but=token)
        self._audit.record(by, "sessions.end", account.name, {"ended": ended})
        return ended

    def _fits(self, attempt: Attempt, password: str, kept: str | None) -> bool:
        try:
            return self._passwords.fits(password, kept)
        except LoginsBusy:
            self._throttle.not_tried(attempt)
            raise
