"""A writer and search nodes as real processes on a real cluster."""

from __future__ import annotations

import os
import secrets
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.e2e.processes import Desk, Server

REFUND = "mall/refund/refund-not-received.md"
SECTIONS = "## 标准话术"


class House:
    """A writer's desk and any number of search nodes, which are Desks without articles; ``url`` is the cluster's."""

    def __init__(self, url: str, desk: Desk, folder: Path, engine: str) -> None:
        self.desk, self._folder, self.engine = desk, folder, engine
        self.environment = {
            "KB_ENGINE": engine,
            "KB_OPENSEARCH_URL": url,
            "KB_OPENSEARCH_INDEX": f"t{secrets.token_hex(6)}",
            "KB_SECRET": "what all nodes know and nobody else does",
            "KB_WRITER_URL": "http://writer.example",
            "KB_TRUSTED_PROXIES": "127.0.0.1",
        }

    def writer(self, desk: Desk | None = None, **changed: str) -> Server:
        return (desk or self.desk).serve(**self.environment | changed, KB_ROLE="writer")

    def node(self, name: str = "one", port: int = 0, **changed: str) -> Server:
        command = self.desk_of(name).arguments("serve", "--port", str(port), "--role", "search")
        return Server(command, self.environment | changed)

    def start_node(self) -> subprocess.Popen[str]:
        """The process of one that need not become ready; the caller ends it."""
        environment = {**os.environ, **self.environment, "KB_SEMANTIC": "off"}
        command = self.desk_of("one").arguments("serve", "--port", "0", "--role", "search")
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    def desk_of(self, name: str) -> Desk:
        """Where a search node keeps its copy."""
        return Desk(self._folder / name / "no articles", self._folder / name / "data")

    @contextmanager
    def running(self) -> Iterator[tuple[Server, Server]]:
        """The writer and a node that follows it."""
        with self.writer() as writer, self.node() as node:
            yield writer, node

    def refused(self, desk: Desk, role: str = "writer", **changed: str) -> str:
        """What a server says that must not start."""
        environment = {**os.environ, **self.environment, **changed, "KB_SEMANTIC": "off"}
        done = desk.run("serve", "--port", "0", "--role", role, env=environment)
        assert done.returncode == 2
        return done.stderr

    def command(self, *arguments: str) -> None:
        """A command on the writer's machine, which has to succeed."""
        done = self.desk.run(*arguments, env={**os.environ, **self.environment, "KB_SEMANTIC": "off"})
        assert done.returncode == 0, done.stderr

    def written_down(self, name: str) -> int:
        """How many entries a search node has written down since it was made."""
        return _number(
            self.desk_of(name).data / "node" / "zhida.db", "SELECT seq FROM sqlite_sequence WHERE name = 'spool'"
        )

    def copies(self) -> tuple[int, int]:
        """Of the copies of texts in the writer's log: how many there are, of how many questions."""
        database = self.desk.data / "zhida.db"
        what = "FROM events WHERE kind = 'copy'"
        return _number(database, f"SELECT count(*) {what}"), _number(database, f"SELECT count(DISTINCT query) {what}")

    def senders(self) -> list[int]:
        """How many copies came from each address."""
        with _reading(self.desk.data / "zhida.db") as db:
            rows = db.execute("SELECT count(*) FROM events WHERE kind = 'copy' GROUP BY origin ORDER BY 1 DESC")
            return [row[0] for row in rows]


def _reading(database: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10))


def _number(database: Path, question: str) -> int:
    with _reading(database) as db:
        return sum(row[0] for row in db.execute(question))


def page(server: Server, **headers: str) -> str:
    """The first page."""
    request = urllib.request.Request(server.url, headers=headers)  # our own server
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())
