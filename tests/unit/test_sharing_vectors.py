"""Vectors are made by the writer and taken over by search nodes, unless their model is another one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("httpx", reason="httpx is not installed: pip install -e '.[semantic]'")

from kb.embedding.vector_file import VectorTail
from kb.errors import ClusterError, WriterElsewhere
from kb.model import Caller, SearchRequest
from kb.ports.embedder import Vectors, content_key
from kb.rules.paraphrases import BACKGROUND
from kb.sharing.vectors import VectorPublisher
from kb.sharing.vectors_index import VectorsIndex
from kb.usecases.semantic import Semantic
from kb.wiring.cluster import build_cluster
from kb.wiring.sharing import build_vector_publisher
from tests.cluster.nodes import Node
from tests.e2e.processes import wait_until
from tests.embedding_servers import EmbeddingServer, serving
from tests.unit.article_tree import ARTICLE, make_tree
from tests.unit.several_machines import SearchingMachine, WritingMachine, settings_on

OTHER = ARTICLE.replace("id: refund-not-received", "id: refund-slow").replace("未收到货退款", "退款多久到账")
OTHER_PATH = "mall/refund/refund-slow.md"
ME = Caller.local("test")


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with serving() as running:
        yield running


@pytest.fixture
def writer(cluster_node: Node, tmp_path: Path, server: EmbeddingServer) -> WritingMachine:
    """With a model, and everything published but vectors."""
    make_tree(tmp_path / "writer" / "articles")
    model = {"semantic": "on", "embeddings_url": server.url, "embeddings_model": "m"}
    machine = WritingMachine.of(settings_on(cluster_node, tmp_path / "writer", "writer", **model))
    machine.publish()
    return machine


def semantic_of(machine: WritingMachine | SearchingMachine) -> Semantic:
    made = machine.service.semantic
    assert made is not None
    return made


def vector_publisher(writer: WritingMachine) -> VectorPublisher:
    return build_vector_publisher(writer.settings, writer.lease, semantic_of(writer))


def publish_vectors(writer: WritingMachine) -> None:
    writer.service.embed()
    vector_publisher(writer).publish()


def index_of(machine: WritingMachine | SearchingMachine) -> VectorsIndex:
    settings = machine.settings
    return VectorsIndex(build_cluster(settings), settings.opensearch_index, semantic_of(machine).fingerprint)


@contextmanager
def embedding(machine: SearchingMachine) -> Iterator[Semantic]:
    """The thread of a server."""
    stop, made = threading.Event(), semantic_of(machine)
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    try:
        yield made
    finally:
        stop.set()
        thread.join()


def nearest(made: Semantic, text: str) -> Vectors:
    found = made.ask(text).wait()
    assert found is not None
    return np.array([found.nearest, found.meaning])


def embedded_twice(server: EmbeddingServer) -> list[str]:
    """What was asked more than once; the first question is asked by each server, to load the model."""
    return [text for text, times in server.embedded().items() if times > 1 and text != "直达"]


# --- one makes them


def test_a_node_takes_over_what_the_writer_made_and_finds_the_same(
    writer: WritingMachine, tmp_path: Path, server: EmbeddingServer
) -> None:
    writer.write(OTHER_PATH, OTHER)
    writer.publish()
    publish_vectors(writer)
    node = SearchingMachine.beside(writer, tmp_path / "node")
    node.follow()
    report = node.service.embed()
    assert (report.embedded, report.cached) == (0, report.texts)
    assert not embedded_twice(server)
    assert np.array_equal(nearest(semantic_of(node), "退款"), nearest(semantic_of(writer), "退款"))
    page = node.service.desk(ME).search(SearchRequest("退款多久到账"))
    assert page.semantic
    assert page.hits[0].record.article.id == "refund-slow"


def test_a_node_waits_for_the_writer_and_embeds_nothing_meanwhile(
    writer: WritingMachine, tmp_path: Path, server: EmbeddingServer
) -> None:
    node = SearchingMachine.beside(writer, tmp_path / "node")
    node.follow()
    with embedding(node) as made:
        wait_until(lambda: made.state().texts > 0)
        assert not made.state().serves
        publish_vectors(writer)
        wait_until(lambda: made.state().serves)
        assert not embedded_twice(server)
        writer.write(OTHER_PATH, OTHER)
        writer.publish()
        publish_vectors(writer)
        node.follow()
        wait_until(lambda: made.is_complete() and len(nearest(made, "退款")[0]) == 2)
    assert not embedded_twice(server)


def test_a_node_with_another_model_makes_its_own(
    writer: WritingMachine, tmp_path: Path, server: EmbeddingServer
) -> None:
    publish_vectors(writer)
    node = SearchingMachine.beside(writer, tmp_path / "node", embeddings_model="m2")
    node.follow()
    report = node.service.embed()
    assert report.embedded == report.texts
    assert {request["model"] for request in server.requests} == {"m", "m2"}
    assert len(list(index_of(writer).keys())) == report.texts, "and keeps them for itself"


def test_a_node_makes_its_own_where_the_writer_has_no_model(
    cluster_node: Node, tmp_path: Path, server: EmbeddingServer
) -> None:
    writer = WritingMachine.on(cluster_node, tmp_path / "writer")
    writer.publish()
    model = {"semantic": "on", "embeddings_url": server.url, "embeddings_model": "m"}
    node = SearchingMachine.beside(writer, tmp_path / "node", **model)
    node.follow()
    report = node.service.embed()
    assert report.embedded == report.texts > 0


def test_a_node_without_a_model_goes_by_words(writer: WritingMachine, tmp_path: Path) -> None:
    publish_vectors(writer)
    node = SearchingMachine.beside(writer, tmp_path / "node", semantic="off")
    node.follow()
    page = node.service.desk(ME).search(SearchRequest("退款"))
    assert page.hits
    assert not page.semantic


def test_a_writer_on_another_machine_takes_over_what_the_former_one_made(
    writer: WritingMachine, tmp_path: Path, server: EmbeddingServer
) -> None:
    publish_vectors(writer)
    writer.lease.release()
    other = WritingMachine.of(replace(writer.settings, data=tmp_path / "other"))
    assert other.service.embed().embedded == 0
    other.write(OTHER_PATH, OTHER)
    assert other.service.embed().embedded > 0, "what is new, nobody else makes"
    assert not embedded_twice(server)


def test_a_node_says_why_it_waits_and_goes_on_by_itself(
    writer: WritingMachine, tmp_path: Path, server: EmbeddingServer
) -> None:
    node = SearchingMachine.beside(writer, tmp_path / "node")
    node.follow()
    build_cluster(writer.settings).tell("PUT", f"/{index_of(writer)._name}", {})
    broken, good = {"vector": "AAA="}, {"vector": "AAAA"}
    keys = [content_key(text) for text in BACKGROUND[:2]]
    for key, body in zip(keys, (broken, good), strict=True):
        path = f"/{index_of(writer)._name}/_doc/{key.hex()}"
        build_cluster(writer.settings).tell("PUT", path, {"key": key.hex(), **body})
    with embedding(node) as made:
        wait_until(lambda: "长短不一" in made.state().trouble)
        build_cluster(writer.settings).tell("DELETE", f"/{index_of(writer)._name}")
        publish_vectors(writer)
        wait_until(made.is_complete)
    assert not embedded_twice(server)


# --- the copy in the cluster


class Interrupted(VectorsIndex):
    """A cluster that a writer is killed over after so many vectors."""

    left = 5

    def add(self, vectors: Mapping[bytes, bytes]) -> None:
        super().add(dict(islice(vectors.items(), self.left)))
        raise ClusterError("killed")


def test_a_writer_killed_while_publishing_is_completed_by_the_next(
    writer: WritingMachine, tmp_path: Path, server: EmbeddingServer
) -> None:
    writer.service.embed()
    settings, made = writer.settings, semantic_of(writer)
    killed = Interrupted(build_cluster(settings), settings.opensearch_index, made.fingerprint)
    tail = VectorTail(settings.vectors_dir, made.fingerprint)
    with pytest.raises(ClusterError, match="killed"):
        VectorPublisher(killed, tail, writer.lease, made.is_complete).publish()
    node = SearchingMachine.beside(writer, tmp_path / "node")
    node.follow()
    with embedding(node) as theirs:
        wait_until(lambda: theirs.state().embedded == Interrupted.left)
    again = SearchingMachine.beside(writer, tmp_path / "node")
    again.follow()
    with embedding(again) as theirs:
        vector_publisher(writer).publish()
        wait_until(theirs.is_complete)
    assert len(list(index_of(writer).keys())) == made.state().texts
    assert not embedded_twice(server)


def test_nothing_added_means_nothing_sent(writer: WritingMachine) -> None:
    publisher = vector_publisher(writer)
    writer.service.embed()
    publisher.publish()
    before = documents(writer)
    publisher.publish()
    vector_publisher(writer).publish()  # another process, which has to look what is there
    assert documents(writer) == before


def documents(writer: WritingMachine) -> Mapping[str, int]:
    """Of each index of vectors, how often anything was written."""
    stats = build_cluster(writer.settings).ask("GET", f"/{writer.settings.opensearch_index}-vectors-*/_stats")
    return {name: each["primaries"]["indexing"]["index_total"] for name, each in stats["indices"].items()}


def test_vectors_of_a_former_model_go_once_those_of_the_next_are_there(writer: WritingMachine) -> None:
    publish_vectors(writer)
    (former,) = documents(writer)
    next_one = WritingMachine.of(replace(writer.settings, embeddings_model="m2"))
    publisher = vector_publisher(next_one)
    publisher.publish()
    assert former in documents(writer), "nodes of the former model still need it"
    next_one.service.embed()
    publisher.publish()
    assert former not in documents(writer)
    assert len(list(index_of(next_one).keys())) == semantic_of(next_one).state().texts


def test_vectors_that_nobody_needs_go_when_they_are_the_majority(writer: WritingMachine) -> None:
    publish_vectors(writer)
    index, needed = index_of(writer), set(index_of(writer).keys())
    vector = bytes(2 * 8)
    index.add({content_key(f"以前的问法 {number}"): vector for number in range(len(needed))})
    vector_publisher(writer).publish()
    assert set(index.keys()) > needed, "they may come back"
    index.add({content_key("再以前的问法"): vector})
    vector_publisher(writer).publish()
    assert set(index.keys()) == needed


def test_nothing_is_removed_before_all_is_there(writer: WritingMachine, tmp_path: Path) -> None:
    publish_vectors(writer)
    before = set(index_of(writer).keys())
    writer.lease.release()
    other = WritingMachine.of(replace(writer.settings, data=tmp_path / "other"))
    publisher = vector_publisher(other)
    publisher.publish()  # its own file is empty
    assert set(index_of(other).keys()) == before
    other.service.embed()
    publisher.publish()
    assert set(index_of(other).keys()) == before


def test_who_has_lost_the_role_publishes_nothing(writer: WritingMachine) -> None:
    writer.service.embed()
    writer.lease.release()
    with pytest.raises(WriterElsewhere):
        vector_publisher(writer).publish()
    assert documents(writer) == {}
