"""A search node whose cluster is slow, or takes requests and never answers: what is in memory goes on as ever."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster.nodes import Node
from tests.cluster.slow import SlowNetwork, slow_network
from tests.e2e.houses import House, page
from tests.e2e.processes import Desk, Server, wait_until

KNOWN, BANNER = "没收到货怎么退款", "暂时连不上集群"


@pytest.fixture
def network(cluster_node: Node) -> Iterator[SlowNetwork]:
    with slow_network(cluster_node.url) as network:
        yield network


@pytest.fixture
def node(cluster_node: Node, network: SlowNetwork, desk: Desk, tmp_path: Path) -> Iterator[Server]:
    """With a network of its own, where one question has been asked."""
    house = House(cluster_node.url, desk, tmp_path, "opensearch")
    with house.writer(), house.node(KB_OPENSEARCH_URL=network.url) as node:
        wait_until(lambda: node.search(KNOWN)[:1] == ["refund-not-received"])
        yield node


def goes_on(node: Server) -> bool:
    """Whether all is answered that needs no cluster."""
    return (
        bool(node.search(KNOWN))
        and bool(node.get("/api/v1/suggest", q="退款")["suggestions"])
        and bool(node.get("/api/v1/faq")["items"])
        and node.status("/api/v1/articles/refund-not-received") == node.status("/healthz") == 200
    )


def test_one_that_takes_a_fifth_of_a_second_is_waited_for(node: Server, network: SlowNetwork) -> None:
    network.delay = 0.2
    assert node.search("忘记支付密码")
    assert goes_on(node)
    assert BANNER not in page(node)


@pytest.mark.parametrize("delay", [0.9, 2.0])
def test_one_that_is_too_slow_fails_new_questions_only(node: Server, network: SlowNetwork, delay: float) -> None:
    network.delay = delay
    assert node.status("/api/v1/search", q="忘记支付密码") == 503
    assert goes_on(node)
    if delay > 1:
        wait_until(lambda: BANNER in page(node))
        assert goes_on(node)
    network.delay = 0.0
    wait_until(lambda: node.status("/api/v1/search", q="忘记支付密码") == 200)
    wait_until(lambda: BANNER not in page(node))


def test_one_that_never_answers_keeps_no_thread_from_the_others(node: Server, network: SlowNetwork) -> None:
    """More agents ask something new than the node has threads, again and again."""
    numbers, stopped = itertools.count(), threading.Event()

    def ask() -> set[int]:
        told = set()
        while not stopped.is_set():
            told.add(node.status("/api/v1/search", q=f"忘记支付密码{next(numbers)}"))
        return told

    network.silent = True
    wait_until(lambda: BANNER in page(node))
    with ThreadPoolExecutor(12) as threads:
        asking = [threads.submit(ask) for _ in range(12)]
        try:
            assert all(goes_on(node) for _ in range(10))
        finally:
            stopped.set()
        assert set().union(*(one.result() for one in asking)) == {503}
    network.silent = False
    wait_until(lambda: node.status("/api/v1/search", q="忘记支付密码") == 200)
    wait_until(lambda: BANNER not in page(node))
