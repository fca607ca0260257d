"""What publishing and following cost: ``python -m tests.bench.bench_sharing FOLDER …`` on folders of articles.

Starts a cluster of one node; processor times are of this process, the node's beside them.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from kb.config import load_settings
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.wiring.service import build_service
from kb.wiring.sharing import build_follower, build_lease, build_publisher, build_shared, settings_of_node
from tests.cluster.nodes import Node, running

_EDITS, _LOOKS = 20, 50


def main(folders: list[Path]) -> None:
    """Print one section for each folder."""
    for folder in folders:
        with tempfile.TemporaryDirectory() as data, running(1, "512m") as (node,):
            _measure(folder, Path(data), node)


def _measure(folder: Path, data: Path, node: Node) -> None:
    overrides = {"articles": str(folder), "semantic": "off", "engine": "tantivy", "secret": secrets.token_hex(32)}
    overrides |= {"opensearch_url": node.url, "opensearch_index": "bench"}
    settings = load_settings(environ={}, overrides={**overrides, "data": str(data / "writer"), "role": "writer"})
    count = build_service(settings).index().articles
    shared = build_shared(settings)
    lease = build_lease(settings, shared)
    lease.acquire()
    publisher = build_publisher(settings, shared, lease)
    copy = settings_of_node(
        load_settings(environ={}, overrides={**overrides, "data": str(data / "node"), "role": "search"})
    )
    follower, catalog = build_follower(copy, shared), Catalog(Database(settings.database))
    print(f"\n{count} articles")
    _say("publish all", node, publisher.publish)
    _say("take all over", node, follower.follow)
    print(f"copy on disk: {copy.database.stat().st_size / 2**20:.0f} MB")
    ids = sorted(catalog.stamps())[:_EDITS]
    published, followed = [], []
    for article_id in ids:
        row = next(catalog.exported([article_id]))
        catalog.take_over([{**row, "changed": time.time_ns()}], ())  # as if it had just been saved
        published.append(_processor(publisher.publish))
        followed.append(_processor(follower.follow))
        lease.renew()
    print(f"one edit: publish {median(published):.1f} ms, follow {median(followed):.1f} ms of a processor")
    looks = [median(_processor(work) for _ in range(_LOOKS)) for work in (publisher.publish, follower.follow)]
    print(f"nothing new: publish {looks[0]:.2f} ms, follow {looks[1]:.2f} ms of a processor")


def _say(what: str, node: Node, work: Callable[[], object]) -> None:
    began, theirs = time.perf_counter(), node.cpu_seconds()
    here = _processor(work) / 1000
    wall, there = time.perf_counter() - began, node.cpu_seconds() - theirs
    print(f"{what}: {wall:.1f} s, {here:.1f} s of a processor here, {there:.1f} s in the cluster")


def _processor(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
