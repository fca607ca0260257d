"""What a trusted reverse proxy says about who asks, and what anybody else says."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask, Response, jsonify, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from webui.http.proxies import TrustedProxies, user

PROXIES = tuple(map(ip_network, ("10.0.0.0/24", "127.0.0.1", "fd00::/8")))

app = Flask("echo")


@app.get("/")
def echo() -> Response:
    """What the application sees."""
    forwarded = [name for name in dict(request.headers) if "Forwarded" in name or "Remote" in name]
    return jsonify(
        address=request.remote_addr,
        scheme=request.scheme,
        host=request.host,
        user=user(request.environ),
        forwarded=forwarded,
    )


def seen(peer: str, headers: dict[str, str], header: str = "X-Remote-User") -> dict[str, Any]:
    """What the application sees of a request that ``peer`` sends."""
    client = Client(TrustedProxies(app.wsgi_app, PROXIES, header))
    sent = {"base_url": "http://kb.example", "headers": headers, "environ_base": {"REMOTE_ADDR": peer}}
    found: dict[str, Any] = json.loads(client.get("/", **sent).data)
    return found


TOLD = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "zhida.example",
    "X-Remote-User": "zhang",
}


@pytest.mark.parametrize("peer", ["10.0.0.5", "127.0.0.1", "::ffff:10.0.0.5", "fd00::1"])
def test_a_trusted_proxy_is_believed(peer: str) -> None:
    found = seen(peer, TOLD)
    assert (found["address"], found["scheme"], found["host"]) == ("203.0.113.9", "https", "zhida.example")
    assert found["user"] == "zhang"


@pytest.mark.parametrize("peer", ["10.0.1.5", "203.0.113.9", "::1", "127.0.0.2", "", "unix"])
def test_from_anybody_else_nothing_of_it_arrives(peer: str) -> None:
    told = {**TOLD, "Forwarded": "for=1.2.3.4", "X-Forwarded-Port": "1", "X-Forwarded-Prefix": "/x"}
    found = seen(peer, told)
    assert (found["address"] or "", found["scheme"], found["host"]) == (peer, "http", "kb.example")
    assert found["user"] is None
    assert found["forwarded"] == []


def test_the_header_itself_never_arrives() -> None:
    assert "X-Remote-User" not in seen("10.0.0.5", TOLD)["forwarded"]


def test_without_a_user_header_nobody_is_named() -> None:
    assert seen("10.0.0.5", TOLD, header="")["user"] is None


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ("", "10.0.0.5"),
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),  # the first was written by the client
        ("6.6.6.6, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("10.0.0.8,203.0.113.9 ,10.0.0.7", "203.0.113.9"),
        ("10.0.0.8, 10.0.0.7", "10.0.0.8"),  # somebody on a proxy asks
        ("6.6.6.6, unknown, 10.0.0.7", "10.0.0.7"),
        ("6.6.6.6, ", "10.0.0.5"),
        ("203.0.113.9:8080", "10.0.0.5"),
        ("2001:db8::7, fd00::2", "2001:db8::7"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("<script>", "10.0.0.5"),
    ],
)
def test_the_client_is_the_last_who_is_no_proxy(forwarded_for: str, client: str) -> None:
    assert seen("10.0.0.5", {"X-Forwarded-For": forwarded_for})["address"] == client


@given(st.lists(st.sampled_from(["10.0.0.7", "fd00::2"])), st.text("0123456789abcdef.:, "))
def test_what_the_client_wrote_never_counts(behind: list[str], forged: str) -> None:
    chain = ", ".join([forged, "203.0.113.9", *behind])
    assert seen("10.0.0.5", {"X-Forwarded-For": chain})["address"] == "203.0.113.9"


def test_the_nearest_proxy_says_protocol_and_host() -> None:
    told = {"X-Forwarded-Proto": "ftp, https", "X-Forwarded-Host": "evil.example, zhida.example"}
    found = seen("10.0.0.5", told)
    assert (found["scheme"], found["host"]) == ("https", "zhida.example")


@pytest.mark.parametrize("value", ["", " ", "\t"])
def test_an_empty_header_names_nobody(value: str) -> None:
    assert seen("10.0.0.5", {"X-Remote-User": value})["user"] is None


def test_names_may_be_chinese() -> None:
    assert seen("10.0.0.5", {"X-Remote-User": "张三".encode().decode("latin-1")})["user"] == "张三"


def test_bytes_that_are_no_text_are_no_name() -> None:
    named = seen("10.0.0.5", {"X-Remote-User": "张三".encode("gbk").decode("latin-1")})["user"]
    assert named is not None, "somebody was named: nobody may go on as a visitor"
    assert not named.isprintable()


# --- as the real server reads requests

SERVER = """
from ipaddress import ip_network
from tests.unit.test_webui_proxies import app
from webui.http.proxies import TrustedProxies
from webui.server import serve

proxies = (ip_network("127.0.0.1"),)
serve(TrustedProxies(app.wsgi_app, proxies, "X-Remote-User"), "127.0.0.1", 0, ready=lambda url: print(url, flush=True))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Host and port."""
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip().removeprefix("http://").rstrip("/")
        process.kill()


def asked(server: str, *headers: tuple[str, str | bytes]) -> dict[str, Any]:
    connection = http.client.HTTPConnection(server, timeout=10)
    connection.putrequest("GET", "/")
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    with connection.getresponse() as response:
        found: dict[str, Any] = json.load(response)
    connection.close()
    return found


def test_headers_pass_the_real_server(server: str) -> None:
    found = asked(server, *TOLD.items())
    assert (found["address"], found["scheme"], found["host"]) == ("203.0.113.9", "https", "zhida.example")
    assert found["user"] == "zhang"
    assert asked(server, ("x-remote-USER", "张三".encode()))["user"] == "张三"


def test_a_header_that_came_twice_names_no_single_user(server: str) -> None:
    assert asked(server, ("X-Remote-User", "zhang"), ("X-Remote-User", "admin"))["user"] == "zhang, admin"
    assert asked(server, ("X-Remote-User", ""), ("X-Remote-User", "admin"))["user"] == ", admin"


@pytest.mark.parametrize("name", ["X_Remote_User", "X-Remote_User", "X_Remote-User", "X-Remote-User "])
def test_a_header_that_only_looks_like_it_is_not_it(server: str, name: str) -> None:
    connection = http.client.HTTPConnection(server, timeout=10)
    connection.request("GET", "/", headers={name: "admin"})
    with connection.getresponse() as response:
        assert response.status == 400 or json.load(response)["user"] is None
    connection.close()
