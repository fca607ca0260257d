"""HTTP throughput of what agents ask for against a bare Flask JSON route behind the same server, in one run.

Needs wrk (``apt install wrk``). On articles that are imported and indexed already, with any engine::

    KB_ARTICLES=… KB_DATA=… KB_ENGINE=… python -m tests.bench.bench_http

The application can stand behind another server, too, to compare servers::

    KB_ARTICLES=… KB_DATA=… gunicorn -k gthread --threads 8 'tests.bench.bench_http:application()'
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from kb.config import Settings, load_settings
from kb.garbage import keep_for_good
from kb.wiring.service import build_service
from tests.bench.corpus import questions
from tests.e2e.processes import Server
from webui import create_app
from webui.server import serve

_ROUNDS = 5
_SECONDS = 1
_CONNECTIONS = 8
_AGAIN = 50  # questions that are all asked within the warm-up
_NEW = 2000  # questions in a row, so many that the first is forgotten when it comes again

_BARE = "bare Flask route"

_NEXT_REQUEST = """
local requests, at = {}, tonumber(os.getenv("START"))
function init()  -- by then wrk knows the Host, without which nginx refuses
  for line in io.lines(os.getenv("REQUESTS")) do
    local posted, body = line:match("^POST (%S+) (.*)$")
    local path, etag = line:match("^(%S+) ?(.*)$")
    requests[#requests + 1] = posted and wrk.format("POST", posted, {["Content-Type"] = "application/json"}, body)
      or wrk.format("GET", path, {["If-None-Match"] = etag ~= "" and etag or nil})
  end
end
request = function() at = at % #requests + 1; return requests[at] end
"""


def main(settings: Settings) -> None:
    """Print a Markdown table; the routes take turns, the median of the rounds' ratios counts."""
    if shutil.which("wrk") is None:
        print("\nHTTP throughput was not measured: wrk is not installed (apt install wrk).")
        return
    with tempfile.TemporaryDirectory() as folder, _server(settings) as server:
        routes = _routes(server)
        loads = {name: load(Path(folder), server.url, lines) for name, lines in routes.items()}
        for path in {line.partition(" ")[0]: None for lines in routes.values() for line in lines}:
            urlopen(server.url + path).close()  # warm: every word was looked up before, most answers are forgotten
        rounds = [{name: measure().a_second for name, measure in loads.items()} for _ in range(_ROUNDS)]
    print(f"\n| wrk, {_CONNECTIONS} connections, median of {_ROUNDS} rounds | requests/s | of bare |\n|---|---|---|")
    for name in loads:
        share = median(round_[name] / round_[_BARE] for round_ in rounds)
        print(f"| {name} | {median(round_[name] for round_ in rounds):.0f} | {share:.0%} |")


def _routes(server: Server) -> dict[str, list[str]]:
    """What is asked for, in a row and from the beginning again: an address, and the ETag that the caller has."""
    asked = questions(_NEW)
    searches = [f"/api/v1/search?q={quote(text[:200])}" for text in asked]
    pages = [f"/?q={quote(text[:200])}" for text in asked[:_AGAIN]]
    return {
        _BARE: ["/bare"],
        "suggest": [f"/api/v1/suggest?q={quote(text[: 1 + number % 4])}" for number, text in enumerate(asked)],
        "search, asked before": searches[:_AGAIN],
        "the same, not modified": [f"{path} {_etag(server, path)}" for path in searches[:_AGAIN]],
        "search, never asked": searches,
        "FAQ document": ["/api/v1/faq"],
        "first page": ["/"],
        "page of hits, asked before": pages,
    }


def _etag(server: Server, path: str) -> str:
    with urlopen(server.url + path) as response:  # our own server
        return str(response.headers["ETag"])


def application() -> Callable[..., Iterable[bytes]]:
    """Our application, and beside it a Flask application that does nothing."""
    service = build_service(load_settings())
    service.warm_up()
    keep_for_good()  # as a server does
    ours, bare = create_app(service), Flask("bare")

    @bare.get("/bare")
    def answer() -> ResponseReturnValue:
        return jsonify(ok=True)

    def either(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return (bare if environ["PATH_INFO"] == "/bare" else ours)(environ, start_response)

    return either


def _server(settings: Settings) -> Server:
    environment = {"KB_ARTICLES": str(settings.articles), "KB_DATA": str(settings.data)}
    return Server([sys.executable, "-m", "tests.bench.bench_http", "serve"], environment)


@dataclass(frozen=True, slots=True)
class Done:
    """What wrk got answered."""

    requests: int
    a_second: float


def load(folder: Path, url: str, lines: Sequence[str], seconds: int = _SECONDS) -> Callable[[], Done]:
    """A function that goes on asking for ``lines`` round and round for so many ``seconds``.

    A line is a path, a path and the ETag that the caller has, or ``POST path body``.
    """
    file, script = folder / f"{len(list(folder.iterdir()))}.txt", folder / "next.lua"
    file.write_text("\n".join(lines), encoding="utf-8")
    script.write_text(_NEXT_REQUEST, encoding="ascii")
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
    asked = 0

    def measure() -> Done:
        nonlocal asked
        environment = {**os.environ, "REQUESTS": str(file), "START": str(asked)}
        report = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        assert "Non-2xx" not in report, report
        found = re.search(r"([0-9]+) requests in .*Requests/sec:\s+([0-9.]+)", report, re.DOTALL)
        assert found
        asked += int(found[1])
        return Done(int(found[1]), float(found[2]))

    return measure


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve(application(), "127.0.0.1", 0)
    else:
        main(load_settings())
