"""Real processes on a real cluster: one writer, search nodes without articles, kills, a cluster that goes away."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.nodes import Node
from tests.e2e.houses import REFUND, SECTIONS, House, page
from tests.e2e.processes import Desk, edit, wait_until
from tests.embedding_servers import good, serving
from tests.local_servers import Reply


def test_what_is_edited_on_the_writer_is_found_on_every_node(house: House) -> None:
    with house.writer() as writer, house.node("one") as one, house.node("two") as two:
        for node in (one, two):
            assert node.search("没收到货怎么退款") == writer.search("没收到货怎么退款")
            assert node.get("/api/v1/faq")["items"] == writer.get("/api/v1/faq")["items"]
            assert node.status("/healthz") == 200
        edit(house.desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
        for node in (one, two):
            wait_until(lambda node=node: node.search("饕餮 快递")[:1] == ["refund-not-received"])  # type: ignore[misc]  # bound in time
        assert one.status("/api/v1/articles/refund-not-received/draft") == 421


def test_a_second_writer_refuses_to_start_and_nodes_outlive_the_first(house: House, tmp_path: Path) -> None:
    with house.running() as (writer, node):
        assert f":{house.desk.data} 运行" in house.refused(Desk(house.desk.articles, tmp_path / "other"))
        assert "另一个 kb serve" in house.refused(house.desk)
        writer.kill()
        assert node.search("没收到货怎么退款")[0] == "refund-not-received"
        edit(house.desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
        with house.writer():
            wait_until(lambda: node.search("饕餮 快递")[:1] == ["refund-not-received"])


def test_a_writer_waits_for_the_cluster_and_nodes_for_the_writer(house: House, cluster_node: Node) -> None:
    cluster_node.pause()
    try:
        with ThreadPoolExecutor(2) as starting:
            waiting = [starting.submit(house.node), starting.submit(house.writer)]
            cluster_node.resume()
            node, writer = (one.result() for one in waiting)
        with node, writer:
            assert node.search("没收到货怎么退款") == writer.search("没收到货怎么退款") != []
    finally:
        cluster_node.resume()


def test_while_the_cluster_is_away_a_node_answers_from_its_copy_and_says_so(house: House, cluster_node: Node) -> None:
    with house.running() as (_, node):
        cluster_node.pause()
        try:
            wait_until(lambda: "暂时连不上集群" in page(node))
            assert node.get("/api/v1/suggest", q="退款")["suggestions"]
            assert node.get("/api/v1/faq")["items"]
            assert node.status("/api/v1/articles/refund-not-received") == 200
            node.kill()
            with house.node() as again:  # on the copy that it had
                assert again.get("/api/v1/faq")["items"]
                if house.engine == "opensearch":
                    assert again.status("/api/v1/search", q="没收到货怎么退款") == 503
                else:
                    assert again.search("没收到货怎么退款")[0] == "refund-not-received"
            with ThreadPoolExecutor(1) as waiting:
                new = waiting.submit(house.node, "new")  # has nothing to serve yet
                cluster_node.resume()
                with new.result() as server:
                    assert server.search("没收到货怎么退款")[0] == "refund-not-received"
        finally:
            cluster_node.resume()


def test_vectors_are_made_once_though_the_writer_is_killed_meanwhile(house: House) -> None:
    pytest.importorskip("httpx", reason="httpx is not installed: pip install -e '.[semantic]'")
    batches, go_on = [], threading.Event()

    def stuck(request: dict[str, Any]) -> Reply:
        if len(request["input"]) > 1:
            batches.append(request["input"])
            if len(batches) > 3:
                go_on.wait()
        return good(request)

    with serving() as model:
        house.environment |= {"KB_SEMANTIC": "on", "KB_EMBEDDINGS_URL": model.url}
        model.reply = stuck
        try:
            with house.running() as (writer, node):
                wait_until(lambda: len(batches) == 4 and node.get("/healthz")["semantic"]["embedded"] > 0)
                writer.kill()
                assert node.get("/healthz")["semantic"]["state"] == "embedding"
                go_on.set()
                with house.writer() as next_writer:
                    for server in (next_writer, node):
                        wait_until(lambda server=server: server.get("/healthz")["semantic"]["state"] == "ready")  # type: ignore[misc]  # bound in time
        finally:
            go_on.set()
        twice = {text for text, times in model.embedded().items() if times > 1}
    assert twice <= {*batches[3], "直达"}, "what was on its way is asked again, nothing else"
