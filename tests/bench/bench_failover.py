"""How soon search nodes know, and how long nobody answers when one dies: ``python -m tests.bench.bench_failover``.

Three OpenSearch nodes, a writer, two search nodes and nginx as processes of this machine, on the repository's articles.
Wall-clock times, so of a machine that does nothing else.
"""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from tests.cluster.nodes import Node, patient, running, wait_for
from tests.conftest import ARTICLES
from tests.e2e.houses import REFUND, SECTIONS, House
from tests.e2e.processes import Desk, Server, edit
from tests.e2e.test_nginx import ask
from tests.nginx import Front, in_front_of

_TIMES, _POLL = 12, 0.02
_FOUND = "refund-not-received"


def main() -> None:
    """Print what was measured, a line each."""
    with tempfile.TemporaryDirectory() as folder, running(3) as cluster, ExitStack() as stack:
        path = Path(folder)
        desk = Desk(Path(shutil.copytree(ARTICLES, path / "articles")), path / "data")
        house = House(",".join(node.url for node in cluster), desk, path, "opensearch")
        writer = stack.enter_context(house.writer())
        nodes = [stack.enter_context(house.node(name)) for name in ("one", "two")]
        front = stack.enter_context(in_front_of(path / "nginx", writer.url, [node.url for node in nodes]))
        wait_for(cluster, 3, "green")
        _notice_edits(house, nodes[1])
        _notice_tokens(house, nodes[1])
        _notice_generations(house, nodes[1])
        _lose_a_search_node(house, front, nodes[0])
        _lose_primaries(house, cluster, nodes[1])
        _lose_the_writer(house, writer, path, stack)


def _notice_edits(house: House, node: Server) -> None:
    took = []
    for number in range(_TIMES):
        word = f"饕餮{number}号快递"
        edit(house.desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n{word}。")
        took.append(_until(lambda word=word: _FOUND in node.search(f"“{word}”")))  # type: ignore[misc]  # bound in time
    _say("an edit of a file is found on a search node, the moment all have started", took[:1])
    _say("later ones", took[1:])


def _notice_tokens(house: House, node: Server) -> None:
    known, revoked = [], []
    for number in range(_TIMES):
        name = f"bench-{number}"
        token = house.desk.json("token", "add", name, "--role", "agent")["token"]
        known.append(_until(lambda token=token: _who(node, token) == 200))  # type: ignore[misc]  # bound in time
        assert house.desk.run("token", "revoke", name).returncode == 0
        revoked.append(_until(lambda token=token: _who(node, token) == 401))  # type: ignore[misc]  # bound in time
    _say("a token is known on a search node", known)
    _say("a revoked token is refused there", revoked)


def _notice_generations(house: House, node: Server) -> None:
    took = []
    for _ in range(3):
        before = node.get("/healthz")["generation"].partition(".")[0]
        house.command("index", "--rebuild")
        took.append(_until(lambda before=before: node.get("/healthz")["generation"].partition(".")[0] != before))  # type: ignore[misc]  # bound in time
    _say("a new generation serves on a search node (after the command that built it)", took)


def _lose_a_search_node(house: House, front: Front, node: Server) -> None:
    with _asking(lambda: ask(front, "GET", "/api/v1/suggest?" + urlencode({"q": "退款"})).status == 200) as gap:
        node.kill()
        time.sleep(5)
    print(f"search node killed behind nginx: {gap()}")
    with house.node("one", urlsplit(node.url).port or 0):
        pass


def _lose_primaries(house: House, cluster: list[Node], node: Server) -> None:
    numbers = itertools.count()
    connection = patient(cluster[0])
    primaries = {
        shard["node"]
        for shard in connection.ask("GET", f"/_cat/shards/{house.environment['KB_OPENSEARCH_INDEX']}-0*", format="json")
        if shard["prirep"] == "p"
    }
    connection.close()
    (lost,) = [one for one in cluster if f"n{one.number}" in primaries][:1]
    with _asking(lambda: node.status("/api/v1/search", q=f"退款{next(numbers)}号单") == 200) as gap:
        lost.kill()
        word = "貔貅快递"
        edit(house.desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n{word}。")
        saved = _until(lambda: _FOUND in node.search(f"“{word}”"))
        time.sleep(2)
    print(f"OpenSearch node with the primary shards killed: new questions {gap()}; an edit found after {saved:.1f} s")
    lost.start()
    wait_for(cluster, 3, "green")


def _lose_the_writer(house: House, writer: Server, path: Path, stack: ExitStack) -> None:
    began = time.perf_counter()
    writer.kill()
    again = stack.enter_context(house.writer())
    print(f"writer killed, started at once on the same machine: serves after {time.perf_counter() - began:.1f} s")
    other = Desk(Path(shutil.copytree(house.desk.articles, path / "copy")), path / "other")
    began = time.perf_counter()
    again.kill()
    stack.enter_context(house.writer(other))
    print(f"writer killed, started at once on another machine: serves after {time.perf_counter() - began:.1f} s")


@contextmanager
def _asking(works: Callable[[], bool]) -> Iterator[Callable[[], str]]:
    """Ask all the time; what is yielded tells afterwards how that went."""
    stopped, answered, failed = threading.Event(), [time.perf_counter()], [0]

    def work() -> None:
        while not stopped.wait(_POLL):
            good = False
            with suppress(OSError, URLError, HTTPException):
                good = works()
            if good:
                answered.append(time.perf_counter())
            else:
                failed[0] += 1

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    try:
        yield lambda: f"{failed[0]} of {failed[0] + len(answered)} failed, longest pause {_longest(answered):.2f} s"
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def _longest(times: list[float]) -> float:
    return max(later - earlier for earlier, later in itertools.pairwise(times))


def _who(node: Server, token: str) -> int:
    request = Request(f"{node.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})  # our own server
    try:
        with urlopen(request, timeout=10) as answer:
            return 200 if json.load(answer)["name"] else 0
    except URLError as error:
        return int(getattr(error, "code", 0))


def _until(condition: Callable[[], bool]) -> float:
    """Seconds until it holds."""
    began = time.perf_counter()
    while True:
        with suppress(URLError):
            if condition():
                return time.perf_counter() - began
        time.sleep(_POLL)


def _say(what: str, took: list[float]) -> None:
    print(f"{what}: median {median(took):.2f} s, at most {max(took):.2f} s of {len(took)}", flush=True)


if __name__ == "__main__":
    main()
