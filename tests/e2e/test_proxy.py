"""A real server behind a proxy that it trusts."""

from __future__ import annotations

import json
import os
import urllib.request
from typing import Any

import pytest

from tests.e2e.processes import Desk, Server


def me(server: Server, **headers: str) -> dict[str, Any]:
    """Whom the server takes a request with these headers for."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{server.url}/api/v1/me", headers=named)  # our own server
    with urllib.request.urlopen(request, timeout=10) as response:
        found: dict[str, Any] = json.load(response)
    return found


@pytest.mark.parametrize(("trusted", "name"), [("127.0.0.0/8", "zhang"), ("10.0.0.5", "")])
def test_only_a_trusted_proxy_says_who_asks(desk: Desk, trusted: str, name: str) -> None:
    with desk.serve(KB_TRUSTED_PROXIES=trusted, KB_PROXY_USER_HEADER="X-Remote-User") as server:
        assert me(server, X_Remote_User="zhang")["name"] == name
        assert me(server)["name"] == ""
    listed = desk.run("user", "list").stdout
    assert ("zhang" in listed) == bool(name)


def test_a_user_header_without_a_proxy_does_not_start(desk: Desk) -> None:
    done = desk.run("user", "list", env={**os.environ, "KB_PROXY_USER_HEADER": "X-User"})
    assert done.returncode != 0
    assert "trusted_proxies" in done.stderr
