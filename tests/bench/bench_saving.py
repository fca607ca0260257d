"""How long until searches and suggestions show the new title of an article, saved over HTTP or in its file.

``python -m tests.bench.bench_saving [FOLDER]`` measures on a copy of a folder of articles, by default this project's.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

from tests.e2e.processes import Desk, Server
from tests.unit.article_tree import REPOSITORY

_ROUNDS = 20
_PAUSE = 1.5  # seconds; nobody saves all day long
_DEADLINE = 60.0


@dataclass(frozen=True)
class Changed:
    """Seconds from the beginning of a change until it was answered, until its title was found, and suggested."""

    answered: float
    found: float
    suggested: float


def main(articles: Path) -> None:
    """Print a Markdown table."""
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
        desk = Desk(Path(folder) / "articles", Path(folder) / "data")
        shutil.copytree(articles, desk.articles)
        desk.json("index")
        token = json.loads(desk.run("token", "add", "bench", "--role", "admin", "--json").stdout)["token"]
        sources = ((path, path.read_text(encoding="utf-8")) for path in desk.articles.glob("*/*/[!_]*.md"))
        paths = {source.partition("\nid: ")[2].partition("\n")[0]: path for path, source in sources}
        with desk.serve() as server:
            number = server.get("/healthz")["articles"]
            ids = [item["id"] for item in server.get("/api/v1/faq", limit=str(2 * _ROUNDS))["items"]]
            saved, written = [], []
            for at, (one, other) in enumerate(zip(ids[::2], ids[1::2], strict=False)):
                saved.append(_change(server, one, f"饕餮{chr(ord('㐀') + at)}貔貅", partial(_put, server, token)))
                written.append(_change(server, other, f"狴犴{chr(ord('㐀') + at)}睚眦", partial(_write, paths)))
    print(f"\n| {number:,} articles, {len(saved)} changes each, one by one | median | worst |\n|---|---|---|")
    for name, seconds in (
        ("PUT answered", [one.answered for one in saved]),
        ("its title found", [one.found for one in saved]),
        ("its title suggested", [one.suggested for one in saved]),
        ("a file was replaced: its title found", [one.found for one in written]),
        ("its title suggested", [one.suggested for one in written]),
    ):
        print(f"| {name} | {median(seconds):.2f} s | {max(seconds):.2f} s |")


def _change(server: Server, article_id: str, word: str, make: Callable[[dict[str, Any], str], None]) -> Changed:
    """Give an article a title that no other has, by ``make(article, new source)``."""
    sleep(_PAUSE)
    article = server.get(f"/api/v1/articles/{article_id}")
    source = article["source"].replace("title: ", f"title: {word}", 1)
    started = perf_counter()
    make(article, source)
    answered, found, suggested = perf_counter() - started, 0.0, 0.0
    while not (found and suggested):
        now = perf_counter() - started
        assert now < _DEADLINE, f"{article_id} was not shown within {_DEADLINE} s"
        if not found and article_id in server.search(word):
            found = perf_counter() - started
        rows = server.get("/api/v1/suggest", q=word)["suggestions"]
        if not suggested and article_id in [row.get("id") for row in rows]:
            suggested = perf_counter() - started
        sleep(0.01)
    return Changed(answered, found, suggested)


def _put(server: Server, token: str, article: dict[str, Any], source: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "If-Match": article["revision"], "Content-Type": "application/json"}
    request = urllib.request.Request(  # our own server
        f"{server.url}/api/v1/articles/{article['id']}", json.dumps({"source": source}).encode(), headers, method="PUT"
    )
    with urllib.request.urlopen(request) as answer:
        answer.read()


def _write(paths: Mapping[str, Path], article: dict[str, Any], source: str) -> None:
    paths[article["id"]].write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "articles")
