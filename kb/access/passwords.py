"""Passwords, hashed with Argon2id (RFC 9106, the library's parameters: 64 MiB and 3 rounds each)."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from kb.errors import LoginsBusy

if TYPE_CHECKING:
    from argon2 import PasswordHasher

#: computed at once, each takes 64 MiB
_AT_ONCE = 2
#: seconds that a login waits for its turn; a crowd of them must not keep searches from being answered
_PATIENCE = 2.0


class Passwords:
    """Makes and checks hashes; thread-safe."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._given = hasher
        self._turn = threading.BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """What is kept of a password. Raises LoginsBusy when too many are computed just now."""
        with self._one_of_few():
            return self._hasher.hash(_encoded(password))

    def fits(self, password: str, kept: str | None) -> bool:
        """Whether ``kept`` was made of ``password``; takes as long when there is nothing kept. Raises LoginsBusy."""
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._one_of_few():
            try:
                self._hasher.verify(kept or self._nobodys, _encoded(password))
            except (VerificationError, InvalidHashError):
                return False
            return kept is not None

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher  # where nobody logs in a server does without

        return self._given or PasswordHasher()

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_bytes(16))

    @contextmanager
    def _one_of_few(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=_PATIENCE):
            raise LoginsBusy(round(_PATIENCE))
        try:
            yield
        finally:
            self._turn.release()


def _encoded(password: str) -> bytes:
    """Keyboards differ in how they compose characters (SP 800-63B: NFKC); halves of characters are just wrong."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
