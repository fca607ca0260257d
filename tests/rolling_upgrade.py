"""Two versions of the program on one cluster, as during a rolling upgrade: do they answer alike, does news get through?

``python -m tests.rolling_upgrade OLD`` takes a checkout of the older version (``git worktree add --detach OLD TAG``)
and upgrades to this one, the writer first and the search node first, with both places of an index. It ends with an
error as soon as something is not as it should be.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from tests.cluster.nodes import Node, running
from tests.conftest import ARTICLES
from tests.e2e.processes import Server, answered, edit, wait_until

_NEW = Path(__file__).resolve().parent.parent
_REFUND = "mall/refund/refund-not-received.md"
_QUESTION = "没收到货怎么退款"
#: ``kb`` of the checkout named first, whichever is installed
_KB = "import sys; sys.path.insert(0, sys.argv.pop(1)); from kb.cli.main import main; main()"


class House:
    """A writer and a search node, each started from one checkout or the other."""

    def __init__(self, node: Node, engine: str, folder: Path) -> None:
        self.folder = folder
        self.articles = shutil.copytree(ARTICLES, folder / "articles")
        self._environment = {
            "KB_ENGINE": engine,
            "KB_OPENSEARCH_URL": node.url,
            "KB_OPENSEARCH_INDEX": f"t{secrets.token_hex(4)}",
            "KB_SECRET": secrets.token_hex(32),
        }

    def start(self, checkout: Path, role: str) -> Server:
        """``role`` is writer or search."""
        articles = self.articles if role == "writer" else self.folder / "none"
        options = ["--articles", str(articles), "--data", str(self.folder / role), "serve", "--port", "0"]
        command = [sys.executable, "-W", "ignore", "-c", _KB, str(checkout), *options]
        return Server(command, {**self._environment, "KB_ROLE": role})

    def upgrade(self, old: Path, first: str) -> None:
        """Both old, then one of them new, then both new. Raises AssertionError."""
        second = "search" if first == "writer" else "writer"
        servers = {role: self.start(old, role) for role in ("writer", "search")}
        before = answered(servers["writer"], _QUESTION)
        for role in (first, second):
            servers[role].stop()
            servers[role] = self.start(_NEW, role)
            assert answered(servers["search"], _QUESTION) == before == answered(servers["writer"], _QUESTION)
            self._pass_news(servers["search"], before[0], role)
        for server in servers.values():
            assert server.stop() == 0

    def _pass_news(self, node: Server, article_id: str, marker: str) -> None:
        """An edit reaches the node, and what agents do there the writer."""
        edit(self.articles / _REFUND, "## 标准话术", f"## 标准话术\n饕餮{marker}。")
        wait_until(lambda: node.search(f"饕餮 {marker}")[:1] == [article_id])
        known = self._copies()
        node.post("/api/v1/events", kind="copy", id=article_id, query=_QUESTION, position=1, ms=5)
        wait_until(lambda: self._copies() == known + 1)

    def _copies(self) -> int:
        with sqlite3.connect(self.folder / "writer" / "zhida.db") as database:
            (count,) = database.execute("SELECT count(*) FROM events").fetchone()
        return int(count)


def main(old: Path) -> None:
    """Print a line for each way."""
    with running(1) as (node,):
        for engine in ("opensearch", "whoosh"):
            for first in ("writer", "search"):
                with tempfile.TemporaryDirectory() as folder:
                    House(node, engine, Path(folder)).upgrade(old, first)
                print(f"{engine}, {first} first: answers are the same, edits and events get through")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
