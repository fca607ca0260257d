"""Many save at once, on a server that is killed at any moment: nothing acknowledged is lost, no file is ever torn."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kb.content.documents import revision_of
from tests.e2e.processes import Desk, Server, wait_until
from tests.unit.article_tree import make_tree, write

IDS = [f"article-{number}" for number in range(10)]
SAVERS = 50
LINES = 2  # of each saver
SOURCE = "---\nid: {id}\ntitle: 第 {id} 条\n---\n## 标准话术\n您好。\n## 后续跟进\n"

#: reads every file over and over; exits with 1 at the first that is not a whole article
WATCH = """
import sys
from pathlib import Path
from kb.content.reader import ArticleFiles
files = ArticleFiles(Path(sys.argv[1]), ("微信",))
paths = sorted(files.root.glob("*/*/article-*.md"))
print(len(paths), flush=True)
seen = 0
while not (files.root / "_stop").exists():
    for path in paths:
        version = files.judge(path.relative_to(files.root).as_posix(), path.read_bytes(), {})
        if version.article is None or not version.source.endswith("\\n"):
            sys.exit(f"torn: {path} {version.problems}")
        seen += 1
print(seen)
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    root = make_tree(tmp_path / "articles")
    for article_id in IDS:
        write(root, f"mall/refund/{article_id}.md", SOURCE.format(id=article_id))
    return Desk(root, tmp_path / "data")


@pytest.fixture
def watched(desk: Desk) -> Iterator[Callable[[], None]]:
    """Somebody who reads the files all the time; call it at the end to hear that none was ever torn."""
    command = [sys.executable, "-W", "ignore", "-c", WATCH, str(desk.articles)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == str(len(IDS))

    def verdict() -> None:
        (desk.articles / "_stop").touch()
        told, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
        assert int(told) > 0

    yield verdict
    process.kill()
    process.communicate()


def serve(desk: Desk) -> Server:
    command = [sys.executable, "-W", "ignore", "-m", "tests.e2e.trusting_server"]
    return Server([*command, *desk.arguments("serve", "--port", "0")[len(command) :]], {})


class Saver:
    """Adds lines of its own to articles, each to what the latest save before left."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name = server, name
        self.saved: list[tuple[str, str, str]] = []  # (article, line, revision) that were acknowledged

    def add(self, article_id: str, line: str) -> None:
        """Until it is in: whoever comes second merges. Raises OSError or HTTPException when the server is gone."""
        while True:
            now = self._ask("GET", article_id)
            if f"\n{line}\n" in now["source"]:  # in before the server was killed, which could not say so any more
                return
            body = {"source": f"{now['source']}{line}\n", "note": line}
            try:
                done = self._ask("PUT", article_id, body, now["revision"])
            except urllib.error.HTTPError as error:
                with error:
                    assert error.code in (409, 503), error.read()  # noqa: PT017  # an answer that is right
                continue
            self.saved.append((article_id, line, done["revision"]))
            return

    def _ask(self, method: str, article_id: str, body: object = None, seen: str = "") -> Any:
        headers = {"X-Name": self.name, "Content-Type": "application/json", "If-Match": seen}
        request = urllib.request.Request(  # our own server
            f"{self.server.url}/api/v1/articles/{article_id}",
            None if body is None else json.dumps(body).encode(),
            headers,
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


def histories(server: Server) -> dict[str, list[Any]]:
    """Of every article its revisions with their texts, the oldest first."""
    found = {}
    for article_id in IDS:
        rows = server.get(f"/api/v1/articles/{article_id}/revisions")["items"]
        for row in rows:
            row |= server.get(f"/api/v1/articles/{article_id}/revisions/{row['number']}")
        found[article_id] = rows[::-1]
    return found


def check(desk: Desk, server: Server, saved: list[tuple[str, str, str]]) -> int:
    """Every acknowledged line is in its file, and the history tells one unbroken story; how long that is."""
    told = histories(server)
    for article_id, rows in told.items():
        text = (desk.articles / f"mall/refund/{article_id}.md").read_text(encoding="utf-8")
        assert rows[-1]["source"] == text
        assert all(row["revision"] == revision_of(row["source"].encode()) for row in rows)
        for before, after in pairwise(row["source"] for row in rows):
            assert after.startswith(before), "somebody's line was lost"
            assert after.removeprefix(before).count("\n") == 1, "somebody's save is not told"
        mine = [(line, revision) for where, line, revision in saved if where == article_id]
        assert {line for line, _ in mine} <= set(text.splitlines())
        assert {revision for _, revision in mine} <= {row["revision"] for row in rows}
        authors = {row["note"]: row["by"] for row in rows[1:]}
        assert all(line.startswith(f"{author} ") for line, author in authors.items())
    return sum(map(len, told.values()))


def test_fifty_savers_on_ten_articles_lose_nothing(desk: Desk, watched: Callable[[], None]) -> None:
    with serve(desk) as server:
        savers = [Saver(server, f"saver-{number}") for number in range(SAVERS)]

        def work(saver: Saver, number: int) -> None:
            for count in range(LINES):
                saver.add(IDS[(number + count * 3) % len(IDS)], f"{saver.name} line {count}")

        threads = [threading.Thread(target=work, args=(saver, number)) for number, saver in enumerate(savers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        saved = [entry for saver in savers for entry in saver.saved]
        assert len(saved) == SAVERS * LINES
        assert check(desk, server, saved) == len(IDS) + SAVERS * LINES
        wait_until(lambda: server.get("/healthz")["status"] == "ok")
    watched()


def test_a_server_killed_at_any_moment_loses_nothing(desk: Desk, watched: Callable[[], None]) -> None:
    chance = random.Random(6)  # any moment will do
    saved: list[tuple[str, str, str]] = []
    for life in range(4):
        server = serve(desk)
        savers = [Saver(server, f"saver-{life}-{number}") for number in range(12)]

        def work(saver: Saver, seed: int) -> None:
            where = random.Random(seed)
            try:
                for count in range(1000):
                    saver.add(where.choice(IDS), f"{saver.name} line {count}")
            except (OSError, HTTPException):
                return  # the server is gone

        threads = [threading.Thread(target=work, args=(saver, chance.randrange(10**6))) for saver in savers]
        for thread in threads:
            thread.start()
        enough = chance.randrange(5, 40)
        wait_until(lambda s=savers, n=enough: sum(len(saver.saved) for saver in s) >= n, 120)  # type: ignore[misc]
        server.kill()
        for thread in threads:
            thread.join()
        saved += [entry for saver in savers for entry in saver.saved]
    with serve(desk) as server:
        check(desk, server, saved)
    watched()
