"""Real ``kb`` processes for the tests: run a command, start a server, ask it over HTTP, kill it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

KB = [sys.executable, "-W", "ignore", "-m", "kb"]


class Desk:
    """An articles folder and a data folder, and commands that work on them."""

    def __init__(self, articles: Path, data: Path) -> None:
        self.articles, self.data = articles, data

    def arguments(self, *arguments: str) -> list[str]:
        return [*KB, "--articles", str(self.articles), "--data", str(self.data), *arguments]

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; the caller looks at the exit code."""
        return subprocess.run(
            self.arguments(*arguments), capture_output=True, text=True, timeout=120, check=False, **options
        )

    def json(self, *arguments: str, **options: Any) -> Any:
        """The JSON document of a command that has to succeed."""
        done = self.run(*arguments, "--json", **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def serve(self, **environment: str) -> Server:
        """Start a server on a free port and wait until it says that it is ready."""
        return Server(self.arguments("serve", "--port", "0"), environment)


class Server:
    """A running ``kb serve``; a context manager that stops it the polite way. It has ``timeout`` seconds to answer."""

    timeout = 10.0

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        # unless a test wants it, the articles aren't embedded: that would keep a core busy for half a minute
        environment = {**os.environ, "KB_SEMANTIC": "off", **environment}
        # a file, because a pipe that nobody reads is full after some hundred lines, and then the server waits
        self._told = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  # as long as the process
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._told, text=True, env=environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "http://" not in line:
            self._close()
            pytest.fail(f"the server did not start: {line}{self.errors}")
        self.url = "http://" + line.split("http://")[1].split()[0].rstrip("/")

    def get(self, path: str, **query: str) -> Any:
        """The JSON document at ``path``; raises HTTPError for an error status."""
        address = f"{self.url}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        with urllib.request.urlopen(address, timeout=self.timeout) as response:  # our own server
            return json.load(response)

    def post(self, path: str, **body: object) -> None:
        """Send a JSON body; raises HTTPError for an error status."""
        request = urllib.request.Request(  # our own server
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=self.timeout).close()

    def status(self, path: str, **query: str) -> int:
        """The HTTP status of a GET."""
        try:
            self.get(path, **query)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        return 200

    def search(self, text: str) -> list[str]:
        """Ids of the hits."""
        return [hit["id"] for hit in self.get("/api/v1/search", q=text)["hits"]]

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.kill()
        self._close()

    def stop(self) -> int:
        """Ask the process to end; return its exit code. ``errors`` has what it wrote to standard error then."""
        self.process.send_signal(signal.SIGTERM)
        self._close()
        return self.process.returncode

    def pause(self) -> None:
        """Have it stand still, its connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Have it go on after ``pause``."""
        self.process.send_signal(signal.SIGCONT)

    def _close(self) -> None:
        self.process.communicate(timeout=30)
        with self._told as told:
            told.seek(0)
            self.errors = told.read()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Poll until ``condition`` holds; fail when it doesn't in time."""
    ticker = threading.Event()
    for _ in range(int(seconds / 0.1)):
        if condition():
            return
        ticker.wait(0.1)
    pytest.fail("it did not happen in time")


def answered(server: Server, text: str) -> list[str]:
    """Ids of the hits, as soon as a cluster that was just filled on a busy machine is quick enough to be asked."""
    wait_until(lambda: server.status("/api/v1/search", q=text) == 200)
    return server.search(text)


def edit(path: Path, old: str, new: str) -> None:
    """Change a file the way editors do: write a new one, rename it over the old."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    temporary = path.with_suffix(".tmp~")
    temporary.write_text(text.replace(old, new), encoding="utf-8")
    os.replace(temporary, path)
