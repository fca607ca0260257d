"""Backup of a cluster by its own snapshots, as docs/scale-out.md says: restored on a new one, everything goes on."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.cluster.nodes import Node
from tests.e2e.processes import Desk, answered, edit, wait_until

REFUND = "mall/refund/refund-not-received.md"
QUESTION = "没收到货怎么退款"


def tell(node: Node, method: str, path: str, body: object = None) -> None:
    """What an administrator types into curl."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(node.url + path, content, {"Content-Type": "application/json"}, method=method)
    try:
        urllib.request.urlopen(request, timeout=60).close()
    except urllib.error.HTTPError as error:
        pytest.fail(f"{method} {path}: {error.read().decode()}")


@pytest.mark.parametrize("engine", ["opensearch", "whoosh"])
def test_what_was_saved_serves_on_a_new_cluster_and_the_writer_goes_on_there(
    engine: str, desk: Desk, tmp_path: Path, one_node: Callable[..., AbstractContextManager[Node]]
) -> None:
    repository, prefix = tmp_path / "snapshots", f"t{secrets.token_hex(4)}"
    repository.mkdir()
    place = {"type": "fs", "settings": {"location": str(repository)}}
    common = {"KB_ENGINE": engine, "KB_OPENSEARCH_INDEX": prefix, "KB_SECRET": secrets.token_hex(32)}
    node_desk = Desk(tmp_path / "no articles", tmp_path / "node")
    with one_node(f"path.repo={repository}") as node:
        environment = {**common, "KB_OPENSEARCH_URL": node.url}
        with desk.serve(**environment, KB_ROLE="writer") as writer:
            found = answered(writer, QUESTION)
            tell(node, "PUT", "/_snapshot/backup", place)
            wanted = {"indices": f"{prefix}-*", "include_global_state": False}
            tell(node, "PUT", "/_snapshot/backup/monday?wait_for_completion=true", wanted)
            edit(desk.articles / REFUND, "## 标准话术", "## 标准话术\n饕餮快递。")  # is not in the snapshot
            wait_until(lambda: writer.search("饕餮 快递")[:1] == ["refund-not-received"])
    with one_node(f"path.repo={repository}") as node:
        tell(node, "PUT", "/_snapshot/backup", place | {"settings": place["settings"] | {"readonly": True}})  # type: ignore[operator]  # a dict
        tell(node, "POST", "/_snapshot/backup/monday/_restore?wait_for_completion=true", {"indices": f"{prefix}-*"})
        environment = {**common, "KB_OPENSEARCH_URL": node.url}
        with node_desk.serve(**environment, KB_ROLE="search") as searching:
            assert answered(searching, QUESTION) == found  # without any writer
            with desk.serve(**environment, KB_ROLE="writer"):  # puts in what the snapshot does not have
                wait_until(lambda: searching.search("饕餮 快递")[:1] == ["refund-not-received"])
