"""What a search node has to know about people and programs: accounts, sessions, tokens; no password, no address.

Each is a ``kb.ports.sharing.Part``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kb.ports.notes import Body
from kb.ports.sharing import Row
from kb.store.database import Database

#: milliseconds: a session that is used is published anew so often, so that other nodes don't believe it idle
_SEEN_EVERY = 600_000


@dataclass(frozen=True, slots=True)
class _Table:
    """``key`` and ``columns`` are published, ``blank`` are columns that have to be something. ``seen``: a moment that
    always moves on; it is worth publishing now and then only.
    """

    name: str
    key: str
    columns: tuple[str, ...]
    blank: tuple[str, ...] = ()
    seen: str = ""


_TABLES = {
    "account": _Table(
        "users",
        "name",
        ("name", "display", "role", "owners", "can_publish", "issuer", "subject", "disabled", "created"),
    ),
    "session": _Table("sessions", "key", ("key", "account", "created", "seen"), ("browser", "address"), "seen"),
    "token": _Table(
        "tokens", "name", ("name", "key", "role", "owners", "can_publish", "created", "created_by", "expires")
    ),
}


class AccessCopy:
    """Those of one ``kind``: account, session or token."""

    def __init__(self, database: Database, kind: str) -> None:
        self._database, self.kind = database, kind
        self._table = _TABLES[kind]
        self._digests: dict[str, str] = {}

    def digests(self) -> dict[str, str]:
        """key -> digest of what there is now; the same object as before when nothing has changed."""
        now = {row[self._table.key]: self._digest(row) for row in self._rows()}
        if now != self._digests:
            self._digests = now
        return self._digests

    def bodies(self, keys: Collection[str]) -> Iterator[tuple[str, Body]]:
        """(key, row) of those that there are."""
        wanted = frozenset(keys)
        return ((row[self._table.key], row) for row in self._rows() if row[self._table.key] in wanted)

    def clear(self) -> None:
        """Forget all; ``take_over`` follows in the same transaction."""
        with self._database.write() as db:
            db.execute("PRAGMA defer_foreign_keys = ON")  # sessions may come before their accounts
            db.execute(f"DELETE FROM {self._table.name}")  # noqa: S608  # one of ours

    def take_over(self, rows: Sequence[Row]) -> None:
        """Have what ``rows`` say. A session that was used here since keeps that."""
        table = self._table
        names = (*table.columns, *table.blank)
        values = ", ".join([*(f":{name}" for name in table.columns), *("''" for _ in table.blank)])
        taken = ", ".join(f"{name} = {_merged(table, name)}" for name in table.columns if name != table.key)
        put = f"""INSERT INTO {table.name} ({", ".join(names)}) VALUES ({values})
            ON CONFLICT ({table.key}) DO UPDATE SET {taken}"""  # noqa: S608  # nothing but constants
        with self._database.write() as db:
            db.execute("PRAGMA defer_foreign_keys = ON")
            for row in rows:
                if row.body is None:
                    db.execute(f"DELETE FROM {table.name} WHERE {table.key} = ?", [row.key])  # noqa: S608  # one of ours
                else:
                    db.execute(put, {name: row.body[name] for name in table.columns})

    def _rows(self) -> list[dict[str, Any]]:
        with self._database.read() as db:
            names = self._table.columns
            rows = db.execute(f"SELECT {', '.join(names)} FROM {self._table.name}")  # noqa: S608  # one of ours
            return [dict(zip(names, row, strict=True)) for row in rows]

    def _digest(self, row: dict[str, Any]) -> str:
        seen = self._table.seen
        said = {**row, seen: row[seen] // _SEEN_EVERY} if seen else row
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _merged(table: _Table, name: str) -> str:
    return f"max({name}, excluded.{name})" if name == table.seen else f"excluded.{name}"
