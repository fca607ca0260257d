"""``kb`` on the machines of a cluster: what can be asked on a search node, and what is left to the writer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cluster.nodes import Node
from tests.e2e.houses import House
from tests.e2e.processes import Desk


@pytest.fixture
def house(cluster_node: Node, desk: Desk, tmp_path: Path) -> House:
    return House(cluster_node.url, desk, tmp_path, "whoosh")


def test_a_search_node_is_examined_and_asked_where_its_copy_is(
    house: House, cluster_node: Node, tmp_path: Path
) -> None:
    def of(role: str) -> dict[str, str]:
        return {**os.environ, **house.environment, "KB_SEMANTIC": "off", "KB_ROLE": role}

    node = Desk(tmp_path / "one" / "no articles", tmp_path / "one" / "data")
    before = node.run("doctor", env=of("search"))
    assert (before.returncode, "写节点还没有发布过" in before.stdout) == (1, True)
    with house.running():
        found = {check["name"]: check for check in node.json("doctor", env=of("search"))["checks"]}
        assert str(node.data / "node") in found["数据库"]["detail"]
        assert "最近一次发布在 20" in found["集群"]["detail"]
        assert "知识文件" not in found
        assert "最近一次发布在 20" in house.desk.run("doctor", env=of("writer")).stdout
        hits = node.json("search", "没收到货怎么退款", env=of("search"))["hits"]
        assert hits[0]["id"] == "refund-not-received"
        refused = node.run("index", env=of("search"))
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "这个节点只提供查询" in refused.stderr
        assert "http://writer.example" in refused.stderr
        cluster_node.pause()
        try:
            away = node.run("doctor", env=of("search"))
        finally:
            cluster_node.resume()
    assert away.returncode == 1
    assert "异常  集群" in away.stdout
    assert "正常  数据库" in away.stdout
