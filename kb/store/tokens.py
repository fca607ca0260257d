"""Tokens with which programs come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kb.errors import AccountError
from kb.model import Role
from kb.ports.accounts import ApiToken
from kb.store.accounts import moment_of, owners_of, stored_moment, stored_owners
from kb.store.database import Database, epoch_ms, from_epoch_ms


class TokenStore:
    """Implements ``kb.ports.accounts.TokenStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: ApiToken) -> None:
        """Keep a new one. Raises AccountError when the name is taken."""
        with self._database.write() as db:
            if next(db.table("tokens").rows_where("name = ?", [token.name]), None):
                raise AccountError(f"已有名为“{token.name}”的令牌；要换新令牌，请先撤销旧的。")
            db.table("tokens").insert(_row(token))

    def get(self, key: str) -> ApiToken | None:
        """By the hash of the secret."""
        with self._database.read() as db:
            row = next(db.table("tokens").rows_where("key = ?", [key]), None)
        return None if row is None else _token(row)

    def all(self) -> list[ApiToken]:
        """In order of name."""
        with self._database.read() as db:
            return [_token(row) for row in db.table("tokens").rows_where(order_by="name")]

    def touch(self, key: str, used: datetime) -> None:
        """Note that it was used."""
        with self._database.write() as db:
            db.execute("UPDATE tokens SET last_used = ? WHERE key = ?", [epoch_ms(used), key])

    def remove(self, name: str) -> bool:
        """Forget it; whether there was one."""
        with self._database.write() as db:
            return bool(db.execute("DELETE FROM tokens WHERE name = ?", [name]).rowcount)


def _token(row: dict[str, Any]) -> ApiToken:
    return ApiToken(
        name=row["name"],
        key=row["key"],
        role=Role(row["role"]),
        created=from_epoch_ms(row["created"]),
        created_by=row["created_by"],
        owners=owners_of(row["owners"]),
        can_publish=bool(row["can_publish"]),
        expires=moment_of(row["expires"]),
        last_used=moment_of(row["last_used"]),
    )


def _row(token: ApiToken) -> dict[str, object]:
    return {
        "name": token.name,
        "key": token.key,
        "role": token.role.value,
        "owners": stored_owners(token.owners),
        "can_publish": token.can_publish,
        "created": epoch_ms(token.created),
        "created_by": token.created_by,
        "expires": stored_moment(token.expires),
        "last_used": stored_moment(token.last_used),
    }
