"""The writer killed in the middle of a rebuild, or standing still for longer than it may; search nodes go on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.nodes import Node, patient
from tests.cluster.slow import slow_network
from tests.e2e.houses import REFUND, SECTIONS, House
from tests.e2e.processes import Desk, edit, wait_until

ASKED = "没收到货怎么退款"
FOUND = "refund-not-received"


class Killer:
    """Kills a process when it has said certain things to its cluster, one after the other."""

    def __init__(self, *moments: bytes) -> None:
        self._moments = list(moments)
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, content: bytes) -> None:
        if self._moments and self._moments[0] in content:
            self._moments.pop(0)
            if not self._moments and self.process is not None:
                self.process.kill()


#: what it says when the new generation is made, filled, committed, described, swapped in; when the swap is answered
MOMENTS = {
    "made": (b"wait_for_active_shards",),
    "filled": (b"/_bulk",),
    "committed": (b"/_bulk", b"/_doc/state"),
    "described": (b'"_meta"',),
    "swapping": (b"POST /_aliases",),
    "swapped": (b"POST /_aliases", b'"acknowledged"'),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_writer_killed_while_it_rebuilds_leaves_nodes_searching(
    cluster_node: Node, desk: Desk, tmp_path: Path, moment: str
) -> None:
    """It rebuilds when it starts, because somebody has removed the alias."""
    house = House(cluster_node.url, desk, tmp_path, "opensearch")
    prefix = house.environment["KB_OPENSEARCH_INDEX"]
    with house.writer() as writer, house.node() as node:
        writer.stop()
        cluster = patient(cluster_node)
        cluster.ask("DELETE", f"/{prefix}-*/_alias/{prefix}-read")
        edit(desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
        with slow_network(cluster_node.url) as network:
            network.heard = killer = Killer(*MOMENTS[moment])
            environment = house.environment | {"KB_OPENSEARCH_URL": network.url, "KB_SEMANTIC": "off"}
            killer.process = subprocess.Popen(
                desk.arguments("serve", "--port", "0", "--role", "writer"),
                env=os.environ | environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert killer.process.wait(120) == -signal.SIGKILL
        assert node.search(ASKED)[0] == FOUND
        with house.writer() as again:
            assert again.search("饕餮 快递")[:1] == [FOUND]
            wait_until(lambda: node.search("饕餮 快递")[:1] == [FOUND])
            assert again.status("/healthz") == node.status("/healthz") == 200
        (serving,) = cluster.ask("GET", f"/_alias/{prefix}-read")
        assert [*cluster.ask("GET", f"/_alias/{prefix}-write")] == [serving]
        cluster.close()


def test_a_writer_that_stood_still_writes_no_more_when_another_one_has_come(house: House, tmp_path: Path) -> None:
    with house.running() as (first, node):
        other = Desk(Path(shutil.copytree(house.desk.articles, tmp_path / "copy")), tmp_path / "other")
        first.pause()
        try:
            with house.writer(other) as second:  # after it has watched the lease for as long as it lasts
                first.resume()
                edit(house.desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n貔貅快递。")
                wait_until(lambda: "写节点" in first.get("/healthz")["checks"].get("cluster", ""))
                taken_up: Callable[[], bool] = lambda: first.search("貔貅 快递")[:1] == [FOUND]  # noqa: E731
                if house.engine == "opensearch":  # whose index is the other writer's now
                    taken_up = lambda: "写节点" in first.get("/healthz")["checks"]["files"]  # noqa: E731
                wait_until(taken_up)
                edit(other.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
                wait_until(lambda: node.search("饕餮 快递")[:1] == [FOUND])
                assert node.search("貔貅") == second.search("貔貅") == []
                assert second.status("/healthz") == 200
        finally:
            first.resume()


@pytest.mark.parametrize("moment", [b"-events/_search", b"DELETE /"], ids=["reading", "removing"])
def test_what_agents_did_is_counted_once_although_the_writer_dies_over_it(
    cluster_node: Node, desk: Desk, tmp_path: Path, moment: bytes
) -> None:
    """When it is about to look for deliveries, or has written down what they say and is about to remove them."""
    house = House(cluster_node.url, desk, tmp_path, "whoosh")
    with (
        slow_network(cluster_node.url) as network,
        house.writer(KB_OPENSEARCH_URL=network.url) as writer,
        house.node() as node,
    ):
        network.heard = killer = Killer(moment)
        killer.process = writer.process
        for number in range(30):
            node.post("/api/v1/events", kind="copy", id=FOUND, query=f"第{number}问")
        wait_until(lambda: writer.process.poll() is not None)
        writer.kill()
        with house.writer() as again:
            wait_until(lambda: house.copies()[1] == 30)
            node.post("/api/v1/events", kind="copy", id=FOUND, query="最后一问")  # comes after all others
            wait_until(lambda: house.copies()[1] == 31)
            assert house.copies() == (31, 31)
            assert again.get("/healthz")["lost_log_entries"] == 0
