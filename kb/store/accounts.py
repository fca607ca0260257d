"""Accounts of people who may log in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlite_utils

from kb.errors import AccountError
from kb.model import Role
from kb.ports.accounts import Account
from kb.store.database import Database, epoch_ms, from_epoch_ms


class AccountStore:
    """Implements ``kb.ports.accounts.AccountStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account: Account) -> None:
        """Keep a new one. Raises AccountError when name or identity are taken."""
        with self._database.write() as db:
            if _first(db, "name = ?", account.name):
                raise AccountError(f"已有名为“{account.name}”的账号，请换一个登录名。")
            if account.identity and _first(db, "issuer = ? AND subject = ?", *account.identity):
                raise AccountError("这个外部身份已属于另一个账号。")
            db.table("users").insert(_row(account))

    def get(self, name: str) -> Account | None:
        """By folded name."""
        with self._database.read() as db:
            return _first(db, "name = ?", name)

    def by_identity(self, issuer: str, subject: str) -> Account | None:
        """Who logs in elsewhere as ``subject``."""
        with self._database.read() as db:
            return _first(db, "issuer = ? AND subject = ?", issuer, subject)

    def all(self) -> list[Account]:
        """In order of name."""
        with self._database.read() as db:
            return [account_of(row) for row in db.table("users").rows_where(order_by="name")]

    def change(self, name: str, edit: Callable[[Account], Account]) -> Account:
        """Read, edit and write in one transaction; return what was written.

        Raises AccountError when there is no such account, or no active administrator would be left.
        """
        with self._database.write() as db:
            before = _first(db, "name = ?", name)
            if before is None:
                raise AccountError(f"没有名为“{name}”的账号。")
            after = edit(before)
            db.table("users").update(name, _row(after))
            if _administers(before) and not _administers(after) and not _first(db, "role = 'admin' AND NOT disabled"):
                raise AccountError("这是最后一个可用的管理员账号，不能停用或降级；请先另设一个管理员。")
            return after


def account_of(row: Mapping[str, Any]) -> Account:
    """The account that a row of ``users`` holds."""
    return Account(
        name=row["name"],
        display=row["display"],
        role=Role(row["role"]),
        created=from_epoch_ms(row["created"]),
        owners=owners_of(row["owners"]),
        can_publish=bool(row["can_publish"]),
        password_hash=row["password_hash"],
        identity=None if row["issuer"] is None else (row["issuer"], row["subject"]),
        disabled=bool(row["disabled"]),
        last_login=moment_of(row["last_login"]),
    )


def owners_of(stored: str | None) -> frozenset[str] | None:
    """The departments of a JSON list; None for all."""
    return None if stored is None else frozenset(json.loads(stored))


def stored_owners(owners: frozenset[str] | None) -> str | None:
    """What ``owners_of`` reads."""
    return None if owners is None else json.dumps(sorted(owners), ensure_ascii=False)


def moment_of(stored: int | None) -> datetime | None:
    """A moment that may be missing."""
    return None if stored is None else from_epoch_ms(stored)


def stored_moment(moment: datetime | None) -> int | None:
    """What ``moment_of`` reads."""
    return None if moment is None else epoch_ms(moment)


def _first(db: sqlite_utils.Database, where: str, *arguments: str) -> Account | None:
    row = next(db.table("users").rows_where(where, arguments, limit=1), None)
    return None if row is None else account_of(row)


def _administers(account: Account) -> bool:
    return account.role is Role.ADMIN and not account.disabled


def _row(account: Account) -> dict[str, object]:
    issuer, subject = account.identity or (None, None)
    return {
        "name": account.name,
        "display": account.display,
        "role": account.role.value,
        "owners": stored_owners(account.owners),
        "can_publish": account.can_publish,
        "password_hash": account.password_hash,
        "issuer": issuer,
        "subject": subject,
        "disabled": account.disabled,
        "created": epoch_ms(account.created),
        "last_login": stored_moment(account.last_login),
    }
