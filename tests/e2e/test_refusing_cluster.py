"""A cluster that refuses writer and search node: what both say when they start, and while they run."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.nodes import Node, patient
from tests.e2e.houses import REFUND, SECTIONS, House, page
from tests.e2e.processes import Desk, Server, edit, wait_until
from tests.local_servers import LocalServer, Reply, Request, running

KNOWN, FOUND = "没收到货怎么退款", "refund-not-received"
_OLD = {"version": {"number": "1.3.20", "distribution": "opensearch"}}
PASSWORD: tuple[tuple[int, dict[str, object]], str] = (401, {}), "搜索集群不接受用户“zhida”的密码"
REFUSALS = {
    "wrong password": PASSWORD,
    "no right": ((403, {"error": {"type": "security_exception", "reason": "no permissions"}}), "没有所需的权限"),
    "too old": ((200, _OLD), "搜索集群的版本太旧：OpenSearch 1.3.20"),
}


class Gate(LocalServer):
    """Before a cluster: passes everything on, or gives one answer to all."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.says: tuple[int, object] | None = None

    def answer(self, request: Request) -> Reply:
        if self.says is not None:
            return self.says[0], {"Content-Type": "application/json"}, json.dumps(self.says[1]).encode()
        headers = {"Content-Type": request.headers.get("Content-Type", "application/json")}
        passed = urllib.request.Request(self._url + request.path, request.body or None, headers, method=request.method)
        try:
            with urllib.request.urlopen(passed, timeout=60) as answer:
                return answer.status, {"Content-Type": answer.headers["Content-Type"]}, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {"Content-Type": error.headers["Content-Type"]}, error.read()


@pytest.fixture
def gate(cluster_node: Node) -> Iterator[Gate]:
    with running(Gate(cluster_node.url)) as gate:
        yield gate


@pytest.fixture
def house(gate: Gate, desk: Desk, tmp_path: Path) -> House:
    house = House(gate.address, desk, tmp_path, "opensearch")
    house.environment |= {"KB_OPENSEARCH_USER": "zhida", "KB_OPENSEARCH_PASSWORD": "secret"}
    return house


def troubles(server: Server) -> dict[str, str]:
    """What health says, whatever its status."""
    try:
        return dict(server.get("/healthz")["checks"])
    except urllib.error.HTTPError as error:
        with error:
            return dict(json.load(error)["checks"])


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_writer_that_is_refused_does_not_start_and_says_why(house: House, gate: Gate, refusal: str) -> None:
    gate.says, told = REFUSALS[refusal]
    assert told in house.refused(house.desk)


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_search_node_that_is_refused_waits_and_says_why(house: House, gate: Gate, refusal: str) -> None:
    gate.says, told = REFUSALS[refusal]
    node = house.start_node()
    assert node.stderr is not None
    line = node.stderr.readline()
    assert told in line
    assert "还没有可以提供的知识" in line
    node.terminate()
    node.communicate(timeout=30)


def test_a_password_that_is_changed_under_a_running_house_stops_only_what_is_new(house: House, gate: Gate) -> None:
    with house.running() as (writer, node):
        assert node.search(KNOWN)[0] == writer.search(KNOWN)[0] == FOUND
        gate.says, told = PASSWORD
        for server in (writer, node):
            wait_until(lambda server=server: told in str(troubles(server)))  # type: ignore[misc]  # bound in time
            assert server.search(KNOWN)[0] == FOUND
        wait_until(lambda: "暂时连不上集群" in page(node))
        assert node.status("/api/v1/search", q="忘记支付密码") == 503
        gate.says = None
        for server in (writer, node):
            wait_until(lambda server=server: told not in str(troubles(server)))  # type: ignore[misc]  # bound in time
        assert node.search("忘记支付密码")


@pytest.mark.parametrize("which", ["shared", "events", "0*"])
def test_a_cluster_whose_disk_is_full_takes_nothing_until_it_does(house: House, cluster_node: Node, which: str) -> None:
    """It sets its indexes read-only then; nothing that was saved or done meanwhile is lost."""
    name = f"/{house.environment['KB_OPENSEARCH_INDEX']}-{which}/_settings"
    cluster = patient(cluster_node)
    with house.running() as (writer, node):
        node.post("/api/v1/events", kind="copy", id=FOUND, query="第一问")
        wait_until(lambda: house.copies() == (1, 1))
        cluster.ask("PUT", name, {"index.blocks.read_only_allow_delete": True})
        edit(house.desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
        node.post("/api/v1/events", kind="copy", id=FOUND, query="第二问")
        part, server = {"shared": ("cluster", writer), "events": ("events", node), "0*": ("files", writer)}[which]
        wait_until(lambda: "磁盘快满了" in troubles(server).get(part, ""))
        assert node.search(KNOWN)[0] == writer.search(KNOWN)[0] == FOUND
        cluster.ask("PUT", name, {"index.blocks.read_only_allow_delete": None})
        wait_until(lambda: node.search("饕餮 快递")[:1] == [FOUND])
        wait_until(lambda: house.copies() == (2, 2))
        wait_until(lambda: set(troubles(node).values()) == set(troubles(writer).values()) == {"ok"})
    cluster.close()


def test_an_alias_that_points_nowhere_is_said_by_a_node_and_mended_by_the_writer(
    house: House, cluster_node: Node
) -> None:
    prefix = house.environment["KB_OPENSEARCH_INDEX"]
    cluster = patient(cluster_node)
    with house.running() as (writer, node):
        assert node.search(KNOWN)[0] == FOUND
        cluster.ask("DELETE", f"/{prefix}-*/_alias/{prefix}-read")
        with house.node("two") as new:
            assert f"别名 {prefix}-read 没有指向其中任何一个" in troubles(new)["engine"]
            assert new.status("/api/v1/faq") == 200
            assert node.search(KNOWN)[0] == FOUND  # what is open goes on
            writer.stop()
            with house.writer():
                wait_until(lambda: new.search(KNOWN)[:1] == node.search(KNOWN)[:1] == [FOUND])
    cluster.close()
