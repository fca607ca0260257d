"""The lease of the one writer, on a real cluster."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kb.cluster.client import Cluster
from kb.cluster.lease import LAPSE_SECONDS, Lease
from kb.errors import ClusterConflict
from tests.cluster.nodes import Node, clear, patient


@pytest.fixture
def cluster(cluster_node: Node) -> Iterator[Cluster]:
    cluster = patient(cluster_node)
    yield cluster
    cluster.close()
    clear(cluster_node)


def lease(cluster: Cluster) -> Lease:
    return Lease(cluster, "lease-test", "writer")


def test_one_holds_it_at_a_time(cluster: Cluster) -> None:
    with lease(cluster).hold(5) as first, lease(cluster).hold(0.3) as second:
        assert (first is None, second) == (False, None)
    with lease(cluster).hold(0) as third:
        assert third is not None


def test_who_holds_it_for_long_keeps_it(cluster: Cluster) -> None:
    with lease(cluster).hold(5) as held, lease(cluster).hold(LAPSE_SECONDS + 2) as other:
        assert held is not None
        held.check()
        assert other is None


def test_who_waits_gets_it_when_it_is_let_go(cluster: Cluster) -> None:
    got = threading.Event()

    def wait() -> None:
        with lease(cluster).hold(20) as held:
            if held is not None:
                got.set()

    with lease(cluster).hold(5):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not got.wait(0.5)
    thread.join()
    assert got.is_set()


def test_what_nobody_changes_any_more_lapses(cluster: Cluster) -> None:
    with lease(cluster).hold(5):
        pass
    cluster.tell("PUT", "/lease-test/_doc/writer", {"holder": "one that was killed"})
    with lease(cluster).hold(LAPSE_SECONDS + 10) as held:
        assert held is not None


def test_who_lost_it_is_told_before_the_next_step(cluster: Cluster) -> None:
    with lease(cluster).hold(5) as held:
        cluster.tell("PUT", "/lease-test/_doc/writer", {"holder": "one that took over"})
        ticker = threading.Event()
        while held is not None and not held.lost:
            ticker.wait(0.05)
        assert held is not None
        with pytest.raises(ClusterConflict, match="写入权已被另一个进程接管"):
            held.check()
    assert cluster.ask("GET", "/lease-test/_doc/writer")["_source"]["holder"] == "one that took over"
