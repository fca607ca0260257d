"""Saving over HTTP: how long a PUT takes, and how long until searches and suggestions show the new title.

``python -m tests.bench.bench_saving [FOLDER]`` measures on a copy of a folder of articles, by default this project's.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from tests.e2e.processes import Desk, Server
from tests.unit.article_tree import REPOSITORY

_ROUNDS = 20
_PAUSE = 1.5  # seconds; nobody saves all day long
_DEADLINE = 60.0


@dataclass(frozen=True)
class Saved:
    """Seconds: until the PUT was answered, and from its start until the new title was found and suggested."""

    put: float
    found: float
    suggested: float


def main(articles: Path) -> None:
    """Print a Markdown table."""
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
        desk = Desk(Path(folder) / "articles", Path(folder) / "data")
        shutil.copytree(articles, desk.articles)
        desk.json("index")
        token = desk.run("token", "add", "bench", "--role", "admin", "--json").stdout
        with desk.serve() as server:
            number = server.get("/healthz")["articles"]
            ids = [item["id"] for item in server.get("/api/v1/faq", limit=str(_ROUNDS))["items"]]
            saved = [_save(server, json.loads(token)["token"], *pair) for pair in enumerate(ids)]
    print(f"\n| saving, {number:,} articles, {len(saved)} saves one by one | median | worst |\n|---|---|---|")
    for name, of in _COLUMNS.items():
        seconds = [of(one) for one in saved]
        print(f"| {name} | {median(seconds):.2f} s | {max(seconds):.2f} s |")


_COLUMNS: dict[str, Callable[[Saved], float]] = {
    "PUT answered": lambda saved: saved.put,
    "new title found": lambda saved: saved.found,
    "new title suggested": lambda saved: saved.suggested,
}


def _save(server: Server, token: str, number: int, article_id: str) -> Saved:
    """Give an article a title that no other has."""
    sleep(_PAUSE)
    word = f"饕餮{chr(ord('㐀') + number)}貔貅"
    article = server.get(f"/api/v1/articles/{article_id}")
    source = article["source"].replace("title: ", f"title: {word}", 1)
    headers = {"Authorization": f"Bearer {token}", "If-Match": article["revision"], "Content-Type": "application/json"}
    request = urllib.request.Request(  # our own server
        f"{server.url}/api/v1/articles/{article_id}", json.dumps({"source": source}).encode(), headers, method="PUT"
    )
    started = perf_counter()
    with urllib.request.urlopen(request) as answer:
        answer.read()
    put, found, suggested = perf_counter() - started, 0.0, 0.0
    while not (found and suggested):
        now = perf_counter() - started
        assert now < _DEADLINE, f"{article_id} was not shown within {_DEADLINE} s"
        if not found and article_id in server.search(word):
            found = perf_counter() - started
        rows = server.get("/api/v1/suggest", q=word)["suggestions"]
        if not suggested and article_id in [row.get("id") for row in rows]:
            suggested = perf_counter() - started
        sleep(0.01)
    return Saved(put, found, suggested)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "articles")
