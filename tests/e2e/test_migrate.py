"""``kb migrate`` on a real cluster: there and back, and what it says when that can't be."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from kb.engines.opensearch_engine import OpenSearchEngine
from kb.ports.engine import KEYWORD_FIELDS, TEXT_FIELDS, IndexDocument
from tests.cluster.nodes import Node, free_ports, patient
from tests.e2e.processes import Desk, edit, wait_until
from tests.unit.article_tree import ARTICLE, make_tree

REFUND = "mall/refund/refund-not-received.md"


class House:
    """A desk, and a cluster to move to."""

    def __init__(self, desk: Desk, node: Node) -> None:
        self.desk, self.node, self.prefix = desk, node, f"t{secrets.token_hex(6)}"
        self.environment = {
            **os.environ,
            "KB_SEMANTIC": "off",
            "KB_OPENSEARCH_URL": node.url,
            "KB_OPENSEARCH_INDEX": self.prefix,
        }

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.desk.run(*arguments, env={**self.environment, **more})

    def migrate(self, where: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.run("migrate", "--to", where, **more)

    def found(self, text: str, **more: str) -> list[str]:
        done = self.run("search", text, "--json", **more)
        return [hit["id"] for hit in json.loads(done.stdout)["hits"]]

    def indexes(self) -> set[str]:
        """What there is on the cluster of this house."""
        with urllib.request.urlopen(f"{self.node.url}/_cat/indices/{self.prefix}-*?format=json", timeout=30) as answer:
            return {index["index"] for index in json.load(answer)}


@pytest.fixture
def house(desk: Desk, cluster_node: Node) -> House:
    return House(desk, cluster_node)


def test_there_and_back(house: House) -> None:
    there = house.migrate("opensearch")
    assert there.returncode == 0, there.stderr
    assert "的索引已建好" in there.stdout
    assert "没有改变" in there.stdout
    assert f"KB_OPENSEARCH_INDEX={house.prefix}" in there.stdout
    assert "1 个数据节点" in there.stderr
    assert "完全相同" in there.stderr
    assert not any("rehearsal" in index for index in house.indexes())
    assert house.found("没收到货怎么退款") == house.found("没收到货怎么退款", KB_ENGINE="opensearch") != []

    again = house.migrate("opensearch")
    assert "原来就有，已补齐" in again.stdout
    edit(house.desk.articles / REFUND, "## 标准话术", "## 标准话术\n饕餮快递。")
    assert house.run("index", KB_ENGINE="opensearch").returncode == 0

    back = house.migrate("local", KB_ENGINE="opensearch")
    assert back.returncode == 0, back.stderr
    assert "KB_ENGINE=auto" in back.stdout
    assert "完全相同" in back.stderr
    assert house.found("饕餮 快递")[0] == "refund-not-received"


def test_programs_get_one_document(house: House) -> None:
    done = house.run("migrate", "--to", "opensearch", "--json", KB_OPENSEARCH_PASSWORD="hidden")  # noqa: S106  # of a test
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["engine"] == "opensearch"
    assert document["articles"] > 10
    assert document["comparison"]["differing"] == []
    assert document["settings"]["KB_OPENSEARCH_URL"] == house.node.url
    assert "hidden" not in done.stdout + done.stderr


def test_without_a_cluster_nothing_changes_but_one_can_leave_it(house: House) -> None:
    (port,) = free_ports(1)
    gone = {"KB_OPENSEARCH_URL": f"http://127.0.0.1:{port}"}
    done = house.migrate("opensearch", **gone)
    assert done.returncode == 2
    assert "连不上搜索集群" in done.stderr
    back = house.migrate("local", KB_ENGINE="opensearch", **gone)
    assert back.returncode == 0
    assert "没有比较" in back.stderr
    assert house.found("没收到货怎么退款")[0] == "refund-not-received"


def test_the_index_of_another_installation_is_left_alone(house: House, tmp_path: Path) -> None:
    assert house.migrate("opensearch").returncode == 0
    other = House(Desk(make_tree(tmp_path / "other"), tmp_path / "other data"), house.node)
    (other.desk.articles / REFUND).write_text(ARTICLE.replace("id: refund-not-received", "id: own"), encoding="utf-8")
    done = other.migrate("opensearch", KB_OPENSEARCH_INDEX=house.prefix)
    assert done.returncode == 2
    assert "另一套系统" in done.stderr
    assert house.migrate("opensearch").returncode == 0


def test_the_index_of_a_writer_elsewhere_is_left_alone(house: House, tmp_path: Path) -> None:
    """On a machine that was the writer once, articles are those of then."""
    elsewhere = Desk(house.desk.articles, tmp_path / "elsewhere")
    environment = {name: house.environment[name] for name in ("KB_OPENSEARCH_URL", "KB_OPENSEARCH_INDEX")}
    secret = secrets.token_hex(32)
    with elsewhere.serve(**environment, KB_ENGINE="opensearch", KB_ROLE="writer", KB_SECRET=secret):
        done = house.migrate("opensearch")
    assert done.returncode == 2
    assert f":{elsewhere.data} 运行" in done.stderr
    assert house.migrate("opensearch").returncode == 0  # it has gone


def test_an_index_that_answers_otherwise_is_not_recommended(house: House) -> None:
    assert house.migrate("opensearch").returncode == 0
    engine = OpenSearchEngine(patient(house.node), house.prefix)
    with engine.batch() as batch:
        batch.put(_other_text(house, engine))
    engine.close()
    done = house.migrate("opensearch")
    assert done.returncode == 1
    assert "请不要切换" in done.stderr
    assert "要切换时" not in done.stdout


def _other_text(house: House, engine: OpenSearchEngine) -> IndexDocument:
    revision = engine.revisions()["refund-not-received"]
    keywords = dict.fromkeys(KEYWORD_FIELDS, ("x",))
    return IndexDocument("refund-not-received", revision, dict.fromkeys(TEXT_FIELDS, "毫不相干"), keywords)


def test_what_the_cluster_does_not_have_yet_is_said(house: House) -> None:
    assert house.migrate("opensearch").returncode == 0
    edit(house.desk.articles / REFUND, "## 标准话术", "## 标准话术\n饕餮快递。")
    done = house.migrate("local", KB_ENGINE="opensearch")
    assert done.returncode == 1
    assert "两边有 1 条不同" in done.stderr


def test_killed_in_the_middle_it_leaves_nothing_that_serves_and_goes_on_the_next_time(house: House) -> None:
    assert house.run("index").returncode == 0
    process = subprocess.Popen(
        house.desk.arguments("migrate", "--to", "opensearch"), env=house.environment, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: any(index.split("-")[1].isdigit() for index in house.indexes()))
        house.node.pause()
        process.kill()
    finally:
        process.wait(30)
        house.node.resume()
    assert "还没有建立索引" in house.run("search", "退款", KB_ENGINE="opensearch").stderr
    assert house.found("没收到货怎么退款")[0] == "refund-not-received"
    done = house.migrate("opensearch")
    assert done.returncode == 0, done.stderr
    assert len([index for index in house.indexes() if index.split("-")[1].isdigit()]) == 1
