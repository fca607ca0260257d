"""HTTP throughput of suggestions and searches against a bare Flask JSON route behind the same server, in one run.

Needs wrk (``apt install wrk``). The application can stand behind another server, too, to compare servers::

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
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from kb.config import Settings, load_settings
from kb.wiring.service import build_service
from tests.bench.corpus import questions
from tests.e2e.processes import Server
from webui import create_app
from webui.server import serve

_ROUNDS = 5
_WARM_UP, _SECONDS = 2, 3
_CONNECTIONS = 8
_AGAIN = 50  # questions that are all asked within the warm-up
_NEW = 2000  # questions in a row, so many that the first is forgotten when it comes again

_NEXT_PATH = """
local paths, at = {}, 0
for path in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = path end
request = function() at = at % #paths + 1; return wrk.format("GET", paths[at]) end
"""


def main(settings: Settings) -> None:
    """Print a Markdown table; the routes take turns, the median of the rounds' ratios counts."""
    if shutil.which("wrk") is None:
        print("\nHTTP throughput was not measured: wrk is not installed (apt install wrk).")
        return
    asked = questions(_NEW)
    routes = {
        "bare Flask route": ["/bare"],
        "suggest": [f"/api/v1/suggest?q={quote(text[: 1 + number % 4])}" for number, text in enumerate(asked)],
        "search, asked before": [f"/api/v1/search?q={quote(text[:200])}" for text in asked[:_AGAIN]],
        "search, never asked": [f"/api/v1/search?q={quote(text[:200])}" for text in asked],
    }
    with tempfile.TemporaryDirectory() as folder, _server(settings) as server:
        load = {name: _load(Path(folder), server.url, paths) for name, paths in routes.items()}
        rounds = [{name: measure() for name, measure in load.items()} for _ in range(_ROUNDS)]
    print(f"\n| wrk, {_CONNECTIONS} connections, median of {_ROUNDS} rounds | requests/s | of bare |\n|---|---|---|")
    for name in routes:
        share = median(round_[name] / round_["bare Flask route"] for round_ in rounds)
        print(f"| {name} | {median(round_[name] for round_ in rounds):.0f} | {share:.0%} |")


def application() -> Callable[..., Iterable[bytes]]:
    """Our application, and beside it a Flask application that does nothing."""
    service = build_service(load_settings())
    service.warm_up()
    ours, bare = create_app(service), Flask("bare")

    @bare.get("/bare")
    def answer() -> ResponseReturnValue:
        return jsonify(ok=True)

    def either(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return (bare if environ["PATH_INFO"] == "/bare" else ours)(environ, start_response)

    return either


def _server(settings: Settings) -> Server:
    environment = {"KB_ARTICLES": str(settings.articles), "KB_DATA": str(settings.data)}
    return Server([sys.executable, "-m", "tests.bench.bench_http"], environment)


def _load(folder: Path, url: str, paths: Sequence[str]) -> Callable[[], float]:
    """A function that asks for ``paths`` round and round, and returns the requests per second."""
    file, script = folder / f"{len(list(folder.iterdir()))}.txt", folder / "next.lua"
    file.write_text("\n".join(paths), encoding="ascii")
    script.write_text(_NEXT_PATH, encoding="ascii")
    environment = {**os.environ, "PATHS": str(file)}

    def run(seconds: int) -> str:
        command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def measure() -> float:
        run(_WARM_UP)
        report = run(_SECONDS)
        assert "Non-2xx" not in report, report
        found = re.search(r"Requests/sec:\s+([0-9.]+)", report)
        assert found
        return float(found[1])

    return measure


if __name__ == "__main__":
    serve(application(), "127.0.0.1", 0)
