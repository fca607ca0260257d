"""What administrators do with accounts. Every change is written to the audit log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from kb.access.audit import Audit
from kb.access.passwords import Passwords
from kb.access.sessions import Sessions
from kb.errors import AccountError
from kb.model import Caller, Right, Role
from kb.ports.accounts import Account, AccountStore
from kb.rules.access import require
from kb.rules.accounts import LONGEST_NAME, account_name, check_password
from kb.text.controls import without_controls


class Accounts:
    """The accounts. ``by`` is who does it; all raise AccessDenied or LoginRequired unless that is an administrator."""

    def __init__(
        self,
        store: AccountStore,
        sessions: Sessions,
        passwords: Passwords,
        audit: Audit,
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._sessions, self._passwords = store, sessions, passwords
        self._audit, self._now = audit, now

    def add(
        self,
        by: Caller,
        name: str,
        role: Role,
        password: str | None,
        display: str = "",
        owners: frozenset[str] | None = None,
        can_publish: bool = True,
        identity: tuple[str, str] | None = None,
    ) -> Account:
        """A new account; without a password for those who log in elsewhere. Raises AccountError."""
        require(by, Right.ADMINISTER)
        name = account_name(name)
        if password is not None:
            check_password(password, name)
        account = Account(
            name=name,
            display=_display(display) or name,
            role=_given_to_people(role),
            created=self._now(),
            owners=owners,
            can_publish=can_publish,
            password_hash=None if password is None else self._passwords.hash(password),
            identity=identity,
        )
        self._store.add(account)
        self._audit.record(by, "user.add", name, _rights(account))
        return account

    def all(self, by: Caller) -> list[Account]:
        """In order of name."""
        require(by, Right.ADMINISTER)
        return self._store.all()

    def has_administrator(self) -> bool:
        """Whether anybody can administer through the web: at first, nobody can."""
        return any(account.role is Role.ADMIN and not account.disabled for account in self._store.all())

    def active(self, name: str) -> Account | None:
        """Who has this folded name, unless the account is disabled."""
        account = self._store.get(name)
        return None if account is None or account.disabled else account

    def disable(self, by: Caller, name: str) -> None:
        """Nobody logs in with it any more, and who is logged in is thrown out. Raises AccountError."""
        self._change(by, name, "user.disable", lambda account: replace(account, disabled=True))
        self._sessions.end_all(account_name(name))

    def enable(self, by: Caller, name: str) -> None:
        """The reverse of ``disable``. Raises AccountError."""
        self._change(by, name, "user.enable", lambda account: replace(account, disabled=False))

    def reset(self, by: Caller, name: str, password: str) -> None:
        """Another password; all sessions end. Raises AccountError."""
        require(by, Right.ADMINISTER)
        name = account_name(name)
        check_password(password, name)
        kept = self._passwords.hash(password)
        self._change(by, name, "user.reset", lambda account: replace(account, password_hash=kept))
        self._sessions.end_all(name)

    def change(
        self, by: Caller, name: str, role: Role, owners: frozenset[str] | None, can_publish: bool, display: str = ""
    ) -> Account:
        """Other rights, from the next request on (2 s at most); ``display`` stays when empty. Raises AccountError."""
        role = _given_to_people(role)

        def edited(account: Account) -> Account:
            shown = _display(display) or account.display
            return replace(account, role=role, owners=owners, can_publish=can_publish, display=shown)

        return self._change(by, name, "user.change", edited)

    def _change(self, by: Caller, name: str, action: str, edit: Callable[[Account], Account]) -> Account:
        require(by, Right.ADMINISTER)
        account = self._store.change(account_name(name), edit)
        self._audit.record(by, action, account.name, _rights(account) if action == "user.change" else None)
        return account


def _rights(account: Account) -> dict[str, object]:
    owners = None if account.owners is None else sorted(account.owners)
    return {"role": account.role.value, "owners": owners, "can_publish": account.can_publish}


def _given_to_people(role: Role) -> Role:
    if role is Role.PUBLIC:
        raise AccountError("账号的角色只能是客服、业务编辑、审核人或管理员。")
    return role


def _display(text: str) -> str:
    return without_controls(text).strip()[:LONGEST_NAME]
