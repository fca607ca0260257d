"""One writer, any number of search nodes: what is served here is served there, whatever was killed in between."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from kb.errors import ClusterError, NothingPublished, WriterElsewhere
from kb.model import Caller, Role, SearchRequest
from kb.ports.sharing import Row
from kb.service import Service
from kb.sharing.index import SharedIndex
from kb.sharing.publishing import Publisher
from kb.wiring.cluster import build_cluster
from tests.cluster.nodes import Node
from tests.unit.article_tree import ARTICLE
from tests.unit.several_machines import SearchingMachine, WritingMachine

OTHER = ARTICLE.replace("id: refund-not-received", "id: refund-slow").replace("未收到货退款", "退款多久到账")
PATH, OTHER_PATH = "mall/refund/refund-not-received.md", "mall/refund/refund-slow.md"
ME = Caller.local("test")


@pytest.fixture
def writer(cluster_node: Node, tmp_path: Path) -> WritingMachine:
    return WritingMachine.on(cluster_node, tmp_path / "writer")


@pytest.fixture
def node(writer: WritingMachine, tmp_path: Path) -> SearchingMachine:
    return SearchingMachine.beside(writer, tmp_path / "node")


def found(service: Service, text: str) -> list[str]:
    return [hit.record.article.id for hit in service.desk(ME).search(SearchRequest(text)).hits]


# --- what is published is served


def test_a_node_without_files_answers_as_the_writer_does(writer: WritingMachine, node: SearchingMachine) -> None:
    writer.write(OTHER_PATH, OTHER)
    writer.write("_dict/synonyms.txt", "退款 返现\n")
    assert writer.publish()
    node.follow()
    for text in ("退款", "返现多久", "tuikuan"):
        assert found(node.service, text) == found(writer.service, text) != []
    mine, theirs = writer.service.desk(ME), node.service.desk(ME)
    assert theirs.suggest("退") == mine.suggest("退")
    assert [item.record for item in theirs.faq().items] == [item.record for item in mine.faq().items]
    assert theirs.article_document("refund-slow") == mine.article_document("refund-slow")
    assert [product.count for product in theirs.browse()] == [product.count for product in mine.browse()]


def test_nothing_changed_means_nothing_sent_and_nothing_read(writer: WritingMachine, node: SearchingMachine) -> None:
    assert writer.publish()
    assert not writer.publish()
    node.follow()
    assert node.follower.follow() == frozenset()
    writer.publisher = Publisher(writer.shared, writer.lease, writer.publisher.parts)
    assert not writer.publish()  # another process, which has to look what is there


def test_while_articles_leave_the_processor_to_questions_people_are_known_at_once(
    writer: WritingMachine, node: SearchingMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.publish()
    monkeypatch.setattr("kb.nodes.BREATH", 0.0)
    node.follow()
    monkeypatch.setattr("kb.nodes.BREATH", 1e9)  # as if an edit had kept the processor for a minute
    for word in ("饕餮", "貔貅"):
        writer.write(OTHER_PATH, OTHER.replace("您好", f"您好{word}"))
        token = writer.service.access.tokens.add(Caller.local("root"), word, Role.AGENT)
        writer.publish()
        node.node._take_over()
        assert node.service.access.tokens.caller(token).name == word
    assert found(node.service, "饕餮") == ["refund-slow"]
    assert found(node.service, "貔貅") == []
    node.follow()
    assert found(node.service, "貔貅") == ["refund-slow"]


def test_edits_removals_and_moves_follow(writer: WritingMachine, node: SearchingMachine) -> None:
    writer.write(OTHER_PATH, OTHER)
    writer.publish()
    node.follow()
    writer.write(PATH, ARTICLE.replace("您好，可以退款。", "您好，请提供运单号。"))
    (writer.settings.articles / OTHER_PATH).rename(writer.settings.articles / "mall/refund/moved.md")
    writer.sync()
    writer.publish()
    node.follow()
    assert found(node.service, "运单号") == ["refund-not-received"]
    assert node.service.desk(ME).article("refund-slow")[0].path == "mall/refund/moved.md"
    (writer.settings.articles / "mall/refund/moved.md").unlink()
    writer.sync()
    writer.publish()
    node.follow()
    assert "refund-slow" not in found(node.service, "多久到账")


def test_a_node_that_was_away_for_long_begins_anew(writer: WritingMachine, node: SearchingMachine) -> None:
    writer.write(OTHER_PATH, OTHER)
    writer.publish()
    node.follow()
    (writer.settings.articles / OTHER_PATH).unlink()
    writer.sync()
    writer.publish()
    writer.publisher.forget_gone(seconds=-10)
    node.follow()
    assert "refund-slow" not in found(node.service, "多久到账")
    assert found(node.service, "退款") == ["refund-not-received"]


def test_a_cluster_that_was_emptied_is_filled_again(writer: WritingMachine, node: SearchingMachine) -> None:
    writer.publish()
    node.follow()
    build_cluster(writer.settings).tell("DELETE", f"/{writer.settings.opensearch_index}-*")
    (writer.settings.articles / PATH).unlink()
    writer.write(OTHER_PATH, OTHER)
    started = WritingMachine.of(writer.settings)
    started.publish()
    node.follow()
    assert found(node.service, "退款") == ["refund-slow"]


class Interrupted(SharedIndex):
    """A cluster that a writer is killed over after so many rows."""

    left = 1

    def publish(self, rows: Iterable[Row]) -> None:
        super().publish(islice(rows, self.left))
        raise ClusterError("killed")


def test_a_writer_killed_while_publishing_leaves_nothing_half_done(
    writer: WritingMachine, node: SearchingMachine
) -> None:
    writer.publish()
    node.follow()
    writer.write(OTHER_PATH, OTHER)
    writer.write(PATH, ARTICLE.replace("您好，可以退款。", "您好，请提供运单号。"))
    killed = Interrupted(build_cluster(writer.settings), writer.settings.opensearch_index)
    writer.publisher = Publisher(killed, writer.lease, writer.publisher.parts)
    with pytest.raises(ClusterError, match="killed"):
        writer.publish()
    assert node.follower.follow() == frozenset()  # nobody is told before all is there
    started = WritingMachine.of(writer.settings)
    assert started.publish()
    node.follow()
    assert found(node.service, "运单号") == ["refund-not-received"]
    assert found(node.service, "多久到账") == ["refund-slow"]


def test_without_a_writer_a_node_has_nothing_to_serve_and_says_so(
    writer: WritingMachine, node: SearchingMachine
) -> None:
    with pytest.raises(NothingPublished, match="role writer"):
        node.follower.follow()


def test_a_writer_without_the_role_writes_neither_index_nor_what_is_published(
    cluster_node: Node, writer: WritingMachine
) -> None:
    writer.publish()
    writer.lease.release()
    with pytest.raises(WriterElsewhere):
        writer.publish()
