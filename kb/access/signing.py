"""Keyed hashes with the server's key: what carries one was made here, for one purpose."""

from __future__ import annotations

import hashlib
import hmac
import json


class Signer:
    """HMAC-SHA-256 with ``key``."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, purpose: str, *parts: str) -> str:
        """The signature of ``parts``, 64 hexadecimal digits; another one for every purpose."""
        said = json.dumps([purpose, *parts]).encode()  # JSON, because no two lists look the same in it
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()

    def is_signed(self, signature: str, purpose: str, *parts: str) -> bool:
        """Whether ``signature`` is ours; takes as long for a wrong one as for the right one."""
        return hmac.compare_digest(signature.encode(errors="replace"), self.sign(purpose, *parts).encode())


def fingerprint(secret: str) -> str:
    """What is kept of a random secret: its SHA-256. (Passwords are not random, they take ``kb.access.passwords``.)"""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
