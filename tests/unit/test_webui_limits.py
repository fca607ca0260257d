"""Bodies: each view's own limit, and nothing beyond the largest is read into memory or onto the disk in whole."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask, request

from webui.http import limits, problems, requests

MIB = 1024 * 1024
PROGRAM = """
from flask import Flask, request
from webui.http import limits, problems, requests
from webui.server import serve

app = Flask("app")
problems.register(app)
requests.register(app)

@app.post("/api/large")
@limits.accept_up_to(limits.LARGEST)
def large():
    return str(len(request.get_data()))

serve(app, "127.0.0.1", 0, ready=lambda url: print(url, flush=True))
"""


def application() -> Flask:
    app = Flask("app")
    problems.register(app)
    requests.register(app)

    def length() -> str:
        return str(len(request.get_data()))

    app.add_url_rule("/api/usual", "usual", length, methods=["POST"])

    @app.post("/api/large")
    @limits.accept_up_to(MIB)
    def large() -> str:
        return length()

    return app


@pytest.mark.parametrize(("address", "limit", "said"), [("usual", limits.USUAL, "64 KB"), ("large", MIB, "1 MB")])
def test_a_view_takes_what_it_says_and_not_a_byte_more(address: str, limit: int, said: str) -> None:
    client = application().test_client()
    assert client.post(f"/api/{address}", data=bytes(limit)).text == str(limit)
    refused = client.post(f"/api/{address}", data=bytes(limit + 1))
    assert refused.status_code == 413
    assert f"超过 {said} 的上限" in refused.get_json(force=True)["detail"]


def test_no_view_can_take_more_than_the_server_lets_through() -> None:
    with pytest.raises(ValueError, match="LARGEST"):
        limits.accept_up_to(limits.LARGEST + 1)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, int]]:
    """(process id, port) of a server."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline().rstrip("/\n").rpartition(":")[2])
        process.kill()


def post(port: int, header: str, pieces: Iterator[bytes]) -> tuple[str, int]:
    """(what the server answered, bytes that it let us send)"""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"POST /api/large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n\r\n".encode())
        with suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
                sent += len(piece)
        answer = b""
        with suppress(ConnectionError):
            answer = connection.makefile("rb").read()
    return answer.decode(), sent


def most_memory(process_id: int) -> int:
    """Bytes that the process held at its height."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def test_the_largest_body_gets_through(server: tuple[int, int]) -> None:
    answer, _ = post(server[1], f"Content-Length: {limits.LARGEST}", iter([bytes(limits.LARGEST)]))
    assert answer.endswith(f"\r\n\r\n{limits.LARGEST}")


def test_a_length_beyond_the_largest_is_refused_before_the_body_comes(server: tuple[int, int]) -> None:
    answer, _ = post(server[1], f"Content-Length: {100 * MIB}", iter([]))
    assert answer.startswith("HTTP/1.1 413")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("header", [f"Content-Length: {100 * MIB}", "Transfer-Encoding: chunked"])
def test_a_hundred_megabytes_are_neither_kept_nor_read_to_the_end(server: tuple[int, int], header: str) -> None:
    before = most_memory(server[0])
    chunk = b"%x\r\n%b\r\n" % (MIB, bytes(MIB)) if "chunked" in header else bytes(MIB)
    answer, sent = post(server[1], header, (chunk for _ in range(100)))
    assert answer.startswith("HTTP/1.1 413") or not answer  # we may still be sending when the connection is reset
    assert sent < 30 * MIB
    assert most_memory(server[0]) - before < 30 * MIB
