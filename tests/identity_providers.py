"""Providers of OpenID Connect for tests: ``oidc-provider-mock`` in a process, and a small one that cheats as told."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.e2e.processes import wait_until
from tests.local_servers import LocalServer, Reply, Request, free_port, listens, running

Claims = dict[str, Any]
CLIENT, SECRET = "zhida", "geheim & 秘密"


@contextmanager
def mock_provider(*users: Claims) -> Iterator[str]:
    """The server of the package, with these people (``sub`` and other claims); gives its issuer."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    for user in users:
        command += ["--user-claims", json.dumps(user)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    try:
        wait_until(lambda: listens(port))
        yield f"http://localhost:{port}"
    finally:
        process.kill()
        process.wait()


class Cheat(LocalServer):
    """An honest provider until one of its attributes is replaced.

    ``described`` goes into the discovery document, ``claims`` into ID tokens; ``sign`` makes an ID token of (header,
    claims); ``user_info`` is told separately; while ``open`` isn't set, nothing is answered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.described: Claims = {}
        self.claims: Claims = {"sub": "u1", "preferred_username": "zhang.san", "name": "张三"}
        self.user_info: Claims = {}
        self.sign: Callable[[Claims, Claims], str] = self.honestly
        self.published = [self.key]
        self.open = threading.Event()
        self.open.set()
        self.asked: list[str] = []
        self._codes: dict[str, Claims] = {}

    @property
    def issuer(self) -> str:
        return self.address

    def log_in(self, url: str) -> str:
        """What the person does whom we sent to ``url``; gives the address that the browser is sent back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = f"code{len(self._codes)}"
        self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def honestly(self, header: Claims, claims: Claims) -> str:
        """Signed with the key that is published."""
        return jwt.encode(header, claims, self.key)

    def documents(self) -> dict[str, Claims]:
        """What everybody may read."""
        described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        keys = [key.as_dict(private=False) for key in self.published]
        return {
            "/.well-known/openid-configuration": {**described, **self.described},
            "/jwks": {"keys": keys},
            "/userinfo": {"sub": self.claims.get("sub"), **self.user_info},
        }

    def tokens(self, form: dict[str, str], authorization: str | None) -> Claims | None:
        """The tokens for a code: once, and only to whom knows verifier and secret."""
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        basic = base64.b64encode(f"{CLIENT}:geheim%20%26%20%E7%A7%98%E5%AF%86".encode()).decode()
        if form.get("client_secret") != SECRET and authorization != f"Basic {basic}":
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            **self.claims,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": self.key.kid}
        return {"access_token": "a", "token_type": "Bearer", "id_token": self.sign(header, told)}

    def answer(self, request: Request) -> Reply:
        if request.method == "GET":
            return self._answer(request.path, 200, self.documents()[request.path])
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        tokens = self.tokens(form, request.headers.get("Authorization"))
        return self._answer(request.path, 200 if tokens else 400, tokens or {"error": "invalid_grant"})

    def _answer(self, path: str, status: int, document: Claims) -> Reply:
        self.asked.append(path)
        self.open.wait(30)
        return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


@contextmanager
def cheating() -> Iterator[Cheat]:
    """An honest provider until it is told otherwise."""
    with running(Cheat()) as server:
        try:
            yield server
        finally:
            server.open.set()
