"""The listening process, in a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
from flask import Flask

from kb.errors import ServeError
from webui.server import serve

#: answers a request only when a line comes in on standard input: with that line, so and so many times
PROGRAM = """
import sys
from flask import Flask, request
from webui.server import serve

app = Flask("app")

@app.get("/")
def slow():
    print("in hand", flush=True)
    return sys.stdin.readline() * int(sys.argv[2])

@app.get("/echo")
def echo():
    return request.args["q"]

@app.get("/status/<int:status>")
def answer(status):
    return "", status

@app.get("/turn")
def turn():
    return str(sys.getswitchinterval())

serve(app, sys.argv[1], 0, ready=lambda url: print(url, flush=True))
print("stopped in order", flush=True)
"""


@contextmanager
def running(host: str = "127.0.0.1", times: int = 1) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", PROGRAM, host, str(times)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_threads_that_compute_let_others_answer_soon() -> None:
    with running() as process:
        assert float(ask(read_line(process) + "turn")) == pytest.approx(0.001)


def test_one_connection_takes_answers_without_a_body() -> None:
    with running() as process:
        connection = HTTPConnection(read_line(process).split("/")[2], timeout=10)
        connection.connect()
        first = connection.sock
        for status in (304, 204, 200, 304):
            connection.request("GET", f"/status/{status}")
            response = connection.getresponse()
            assert (response.status, response.read()) == (status, b"")
            assert connection.sock is first, "it was not closed"
        connection.request("GET", "/status/304", headers={"Connection": "close"})
        assert connection.getresponse().getheader("Connection") == "close"


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("times", [1, 50_000])
def test_a_request_in_hand_is_finished_before_the_stop(how: signal.Signals, times: int) -> None:
    with running(times=times) as process:
        url = read_line(process)
        answers: list[bytes] = []
        asking = threading.Thread(target=lambda: answers.append(ask(url)))
        asking.start()
        assert read_line(process) == "in hand"
        process.send_signal(how)
        output, errors = process.communicate("done\n", timeout=30)
        asking.join(timeout=30)
        assert answers == [b"done\n" * times]
        assert output.strip() == "stopped in order"
        assert process.returncode == 0
        assert errors == ""


def ask(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as response:  # our own server
        return bytes(response.read())


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("localhost", "localhost")],  # noqa: S104
)
def test_the_url_is_one_that_a_browser_here_can_open(host: str, shown: str) -> None:
    with running(host) as process:
        url = read_line(process)
        assert url.startswith(f"http://{shown}:")
        assert process.stdin is not None
        process.stdin.write("hello\n")
        process.stdin.flush()
        assert ask(url).startswith(b"hello")


def test_chinese_in_an_address_need_not_be_encoded() -> None:
    with running() as process:
        host, port = read_line(process).split("/")[2].split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall("GET /echo?q=没收到货 HTTP/1.0\r\n\r\n".encode())
            answer = connection.makefile("rb").read().decode()
    assert answer.startswith("HTTP/1.0 200")
    assert answer.endswith("没收到货")


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=f"端口 {port} 已被占用.*--port"):
            serve(Flask("app"), "127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_named(host: str) -> None:
    with pytest.raises(ServeError, match=f"{host}:8000.*--host"):
        serve(Flask("app"), host, 8000)
