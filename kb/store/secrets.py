"""The random key that was made with the database; what is signed with it is ours."""

from __future__ import annotations

from kb.store.database import Database


def server_key(database: Database) -> bytes:
    """32 random bytes."""
    with database.read() as db:
        (key,) = db.execute("SELECT value FROM secrets WHERE name = 'server'").fetchone()
    return bytes.fromhex(key)
