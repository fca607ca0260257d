"""What each tier spends on a request: ``python -m tests.bench.bench_tiers COUNT --engine tantivy --nodes 1 2 3``.

A cluster of one node, a writer, search nodes and nginx before them, all on this machine, so requests a second say how
many its cores give together; processor times a request, of every process apart, are what capacity is computed from
(docs/capacity.md). Needs wrk and nginx. COUNT articles are those of ``make bench``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from statistics import median
from urllib.parse import quote

from tests.bench.bench_http import load
from tests.bench.bench_serve import resident_megabytes
from tests.bench.scale_corpus import Corpus, find_source
from tests.cluster.nodes import Node, free_ports, running
from tests.e2e.processes import Desk, Server, edit

_AGAIN, _WARM, _ASKED, _EDITS = 50, 1_000, 3_000, 10
_IDLE_SECONDS = 10.0
#: seconds until a server has done what it does after its start, and between looks at whether a node has an edit
_CALM, _LOOK = 3.0, 0.02
_NGINX = """
daemon off; master_process off; pid %(folder)s/pid; error_log %(folder)s/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path %(folder)s/body; proxy_temp_path %(folder)s/proxy; fastcgi_temp_path %(folder)s/f;
  uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
  upstream nodes { %(nodes)s keepalive 32; }
  server {
    listen 127.0.0.1:%(port)d;
    location / { proxy_pass http://nodes; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
"""


class _PatientServer(Server):
    """Of a large house."""

    timeout = 120.0


class House:
    """A folder of articles on a cluster; its writer and its search nodes are processes."""

    def __init__(self, cluster: Node, desk: Desk, folder: Path, engine: str) -> None:
        self.cluster, self.desk, self._folder = cluster, desk, folder
        self._environment = {
            "KB_ENGINE": engine,
            "KB_OPENSEARCH_URL": cluster.url,
            "KB_SECRET": secrets.token_hex(32),
            "KB_SEMANTIC": "off",
        }

    def index(self) -> None:
        """The first ``kb index``, however long it takes."""
        subprocess.run(
            self.desk.arguments("index"), env=os.environ | self._environment, check=True, stdout=subprocess.DEVNULL
        )

    def writer(self) -> Server:
        """Serves, edits and publishes."""
        arguments = self.desk.arguments("serve", "--port", "0", "--role", "writer")
        return _PatientServer(arguments, self._environment)

    def node(self, number: int) -> Server:
        """Follows into a folder of its own, which it keeps."""
        folder = self._folder / f"node{number}"
        desk = Desk(folder / "no articles", folder / "data")
        return _PatientServer(desk.arguments("serve", "--port", "0", "--role", "search"), self._environment)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_tiers", description=__doc__)
    parser.add_argument("articles", type=int)
    parser.add_argument("--engine", default="tantivy")
    parser.add_argument("--nodes", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--heap", default="1g", help="of the cluster's node")
    parser.add_argument("--seconds", type=int, default=4, help="for each kind of request")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps the corpora")
    given = parser.parse_args(arguments)
    corpus = Corpus(find_source(), given.articles, given.cache)
    with tempfile.TemporaryDirectory(prefix="kb-tiers-") as name, running(1, given.heap) as (cluster,):
        folder = Path(name)
        desk = Desk(shutil.copytree(corpus.articles, folder / "articles"), folder / "data")
        house = House(cluster, desk, folder, given.engine)
        house.index()
        print(f"\n## {given.articles:,} articles, {given.engine}, heap {given.heap}\n")
        with ExitStack() as stack:
            writer = stack.enter_context(house.writer())
            nodes: list[Server] = []
            while len(nodes) < max(given.nodes):
                nodes.append(stack.enter_context(_started(house, len(nodes))))
                if len(nodes) in given.nodes:
                    _measure(house, corpus, writer, nodes, folder, given.seconds)
        _print_restart(house)
        _print_disk(cluster, folder)


def _started(house: House, number: int) -> Server:
    """A node without a copy; what it takes until it answers."""
    cluster, started = house.cluster.cpu_seconds(), time.perf_counter()
    node = house.node(number)
    node.search("退款")
    wall = time.perf_counter() - started
    _until_calm(node)
    print(
        f"- node {number + 1} starts without a copy: {wall:.1f} s until it answers, {_processor(node):.1f} s of a "
        f"processor until it is calm, {house.cluster.cpu_seconds() - cluster:.1f} s of the cluster; {_memory(node)}"
    )
    return node


def _print_restart(house: House) -> None:
    started = time.perf_counter()
    with house.node(0) as node:
        node.search("退款")
        print(f"- a node starts with its copy: {time.perf_counter() - started:.1f} s until it answers")


def _print_disk(cluster: Node, folder: Path) -> None:
    with urllib.request.urlopen(f"{cluster.url}/_stats/store") as answer:
        indices = json.load(answer)["indices"]
    for name, index in sorted(indices.items()):
        print(f"- {name} in the cluster: {index['total']['store']['size_in_bytes'] / 1e6:.1f} MB")
    for part in ("data", "node0/data"):
        size = sum(path.stat().st_size for path in (folder / part).rglob("*") if path.is_file())
        print(f"- {part}: {size / 1e6:.1f} MB")


def _measure(house: House, corpus: Corpus, writer: Server, nodes: Sequence[Server], folder: Path, seconds: int) -> None:
    """One table of requests, one of what edits and mere time cost."""
    with _nginx(folder, nodes) as (nginx, url):
        tiers: dict[str, Callable[[], float]] = {
            "search nodes": lambda: sum(map(_processor, nodes)),
            "OpenSearch": house.cluster.cpu_seconds,
            "nginx": lambda: _seconds_of(nginx),
            "writer": lambda: _processor(writer),
        }
        print(f"\n{len(nodes)} search node(s), ms of a processor a request\n")
        print(f"| | requests/s | {' | '.join(tiers)} |\n|---|---|{'---|' * len(tiers)}")
        for name, lines in _requests(corpus, nodes).items():
            ask = load(folder, url, lines, seconds)
            before = {tier: spent() for tier, spent in tiers.items()}
            done = ask()
            spent = [(clock() - before[tier]) * 1000 / done.requests for tier, clock in tiers.items()]
            print(f"| {name} | {done.a_second:.0f} | {' | '.join(f'{one:.2f}' for one in spent)} |", flush=True)
        edited = Random(len(nodes)).sample(sorted(house.desk.articles.glob("*/*/[!_]*.md")), _EDITS)
        time.sleep(_CALM)
        before = {tier: spent() for tier, spent in tiers.items()}
        time.sleep(_IDLE_SECONDS)
        idle = [(clock() - before[tier]) * 1000 / _IDLE_SECONDS for tier, clock in tiers.items()]
        print(f"| nothing, ms a second | | {' | '.join(f'{one:.1f}' for one in idle)} |")
        before = {tier: spent() for tier, spent in tiers.items()}
        found = [_seconds_until_found(path, nodes) for path in edited]
        for server in (*nodes, writer):
            _until_calm(server)
        edits = [(clock() - before[tier]) * 1000 / _EDITS for tier, clock in tiers.items()]
        print(f"| an edit, until all is calm | | {' | '.join(f'{one:.0f}' for one in edits)} |")
    print(
        f"\nan edit is found on all nodes after {median(found):.2f} s, at worst {max(found):.2f} s; {_memory(nodes[0])}"
    )
    print(f"writer: {_memory(writer)}\n")


def _requests(corpus: Corpus, nodes: Sequence[Server]) -> Mapping[str, list[str]]:
    """What is asked for, in a row: as ``bench_http.load`` reads it. With each node more, other questions are new."""
    of_one = _WARM + 2 * _ASKED
    asked = corpus.questions(_AGAIN + len(nodes) * of_one)
    known, new = asked[:_AGAIN], asked[-of_one:]
    found = list(dict.fromkeys(article for text in known for article in nodes[0].search(text)[:3]))
    events = [json.dumps({"kind": "copy", "id": one, "query": "退款", "position": 1, "ms": 2500}) for one in found]
    return {
        "search, first words": [_search(text) for text in new[:_WARM]],
        "search, never asked": [_search(text) for text in new[_WARM:-_ASKED]],
        "search, asked before": [_search(text) for text in known],
        "page of hits, never asked": [f"/?q={quote(text[:100])}" for text in new[-_ASKED:]],
        "suggest": [f"/api/v1/suggest?q={quote(text[: 1 + n % 6])}&limit=8" for n, text in enumerate(asked[:2000])],
        "front page": ["/"],
        "article page": [f"/a/{quote(one)}" for one in found],
        "event": [f"POST /api/v1/events {event}" for event in events],
    }


def _search(text: str) -> str:
    return f"/api/v1/search?q={quote(text[:100])}"


def _seconds_until_found(path: Path, nodes: Sequence[Server]) -> float:
    """Until a word that is put into an article is found on all nodes."""
    word = "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(12))
    edit(path, "## 标准话术", f"## 标准话术\n{word}。")
    started = time.perf_counter()
    for node in nodes:
        while not node.search(word):
            time.sleep(_LOOK)
    return time.perf_counter() - started


@contextmanager
def _nginx(folder: Path, nodes: Sequence[Server]) -> Iterator[tuple[int, str]]:
    """In front of the nodes, in turn: (process, address)."""
    (port,) = free_ports(1)
    own = Path(tempfile.mkdtemp(dir=folder))
    upstream = " ".join(f"server {node.url.removeprefix('http://')};" for node in nodes)
    (own / "conf").write_text(_NGINX % {"folder": own, "nodes": upstream, "port": port}, encoding="utf-8")
    command = ["nginx", "-p", str(own), "-e", str(own / "error.log"), "-c", str(own / "conf")]
    process, url = subprocess.Popen(command), f"http://127.0.0.1:{port}"
    try:
        while not _answers(url):
            time.sleep(_LOOK)
        yield process.pid, url
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    with suppress(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/healthz").close()
        return True
    return False


def _until_calm(server: Server) -> None:
    before = -1.0
    while _processor(server) - before > _CALM / 10:
        before = _processor(server)
        time.sleep(_CALM)


def _processor(server: Server) -> float:
    return _seconds_of(server.process.pid)


def _seconds_of(pid: int) -> float:
    numbers = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def _memory(server: Server) -> str:
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return f"{resident_megabytes(server.process.pid):.0f} MB of memory, {int(found[1]) / 1024:.0f} MB at most"


if __name__ == "__main__":
    main()
