"""Providers of OpenID Connect for tests: ``oidc-provider-mock`` in a process, and a small one that cheats as told."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.e2e.processes import wait_until

Claims = dict[str, Any]
CLIENT, SECRET = "zhida", "geheim & 秘密"


@contextmanager
def mock_provider(*users: Claims) -> Iterator[str]:
    """The server of the package, with these people (``sub`` and other claims); gives its issuer."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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
        wait_until(lambda: _listens(port))
        yield f"http://localhost:{port}"
    finally:
        process.kill()
        process.wait()


class Cheat(ThreadingHTTPServer):
    """An honest provider until one of its attributes is replaced.

    ``described`` goes into the discovery document, ``claims`` into ID tokens; ``sign`` makes an ID token of (header,
    claims); ``user_info`` is told separately; while ``open`` isn't set, nothing is answered.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
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
        return f"http://127.0.0.1:{self.server_address[1]}"

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

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client went away, which is what some tests want."""


@contextmanager
def cheating() -> Iterator[Cheat]:
    """An honest provider until it is told otherwise."""
    server = Cheat()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.open.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Cheat
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, self.server.documents()[self.path])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        tokens = self.server.tokens(form, self.headers["Authorization"])
        self._answer(200 if tokens else 400, tokens or {"error": "invalid_grant"})

    def _answer(self, status: int, document: Claims) -> None:
        self.server.asked.append(self.path)
        self.server.open.wait(30)
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
