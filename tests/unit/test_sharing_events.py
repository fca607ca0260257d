"""What agents do on search nodes is in the writer's log once, whatever is killed or full on the way."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kb.errors import ClusterError, StoreError
from kb.model import Caller, SearchRequest
from kb.ports.sharing import Delivery
from kb.sharing.draining import drain, send
from kb.sharing.mailbox import MailboxIndex
from kb.store.database import Database
from kb.store.deliveries import Deliveries
from kb.store.events import EventLog
from kb.store.gaps import GapLog
from kb.store.query_log import QueryLog
from kb.store.spool import Spool
from kb.wiring.cluster import build_cluster
from tests.cluster.nodes import Node
from tests.unit.several_machines import SearchingMachine, WritingMachine

AGENT, ARTICLE_ID = "agent-1", "refund-not-received"
SINCE = datetime.now(timezone.utc) - timedelta(days=1)
ME = Caller.local("test")


@pytest.fixture
def writer(cluster_node: Node, tmp_path: Path) -> WritingMachine:
    machine = WritingMachine.on(cluster_node, tmp_path / "writer")
    machine.publish()
    return machine


@pytest.fixture
def node(writer: WritingMachine, tmp_path: Path) -> SearchingMachine:
    machine = SearchingMachine.beside(writer, tmp_path / "node")
    machine.follow()
    return machine


def use(machine: SearchingMachine, times: int = 1) -> None:
    """Copy the article so many times, from one address."""
    for _ in range(times):
        machine.service.desk(ME).record_event("copy", ARTICLE_ID, AGENT, "退款", 1, origin="192.0.2.7")


def copies(writer: WritingMachine) -> int:
    log = EventLog(Database(writer.settings.database))
    return log.totals(SINCE).get(ARTICLE_ID, {}).get("copy", 0)


def spool_of(node: SearchingMachine, capacity: int = 1000) -> Spool:
    return Spool(Database(node.settings.database), capacity)


class Away(MailboxIndex):
    """A cluster that a node hears nothing of after it has heard the node."""

    def send(self, delivery: Delivery) -> None:
        super().send(delivery)
        raise ClusterError("no answer")


def test_all_that_agents_do_reaches_the_log_of_the_writer(writer: WritingMachine, node: SearchingMachine) -> None:
    desk = node.service.desk(ME)
    desk.search(SearchRequest("退款 13812345678"), AGENT, settled=True)
    desk.search(SearchRequest("饕餮"), AGENT, settled=True)
    desk.report_gap("饕餮怎么养", "客户常问", AGENT)
    use(node)
    node.send()
    assert writer.drain() == 0
    database = Database(writer.settings.database)
    assert copies(writer) == 1
    assert QueryLog(database).counts(SINCE, datetime.now(timezone.utc) + timedelta(days=1)) == (2, 1)
    assert [search.query for search in QueryLog(database).zero_results(SINCE, 9)] == ["饕餮"]
    assert [gap.note for gap in GapLog(database).recent(SINCE)] == ["客户常问"]
    with database.read() as db:
        said = str([*db.execute("SELECT * FROM searches"), *db.execute("SELECT * FROM events")])
    assert "13812345678" not in said
    assert "192.0.2.7" not in said


def test_one_address_is_one_sender_on_every_machine(
    writer: WritingMachine, node: SearchingMachine, tmp_path: Path
) -> None:
    other = SearchingMachine.beside(writer, tmp_path / "other")
    other.follow()
    for machine in (node, other):
        use(machine)
        machine.send()
    writer.service.desk(ME).record_event("copy", ARTICLE_ID, AGENT, "退款", 1, origin="192.0.2.7")
    writer.drain()
    assert copies(writer) == 3
    assert EventLog(Database(writer.settings.database)).evidence(SINCE, 1).origins == 1


def test_what_is_sent_twice_counts_once(writer: WritingMachine, node: SearchingMachine) -> None:
    use(node, 3)
    unsure = Away(build_cluster(node.settings), node.settings.opensearch_index)
    with pytest.raises(ClusterError):
        send(spool_of(node), unsure)
    writer.drain()
    assert copies(writer) == 3
    use(node, 2)
    node.send()  # those three once more, with two new ones
    writer.drain()
    assert copies(writer) == 5


def test_what_came_while_the_writer_took_over_is_not_taken_away(writer: WritingMachine, node: SearchingMachine) -> None:
    mailbox = MailboxIndex(build_cluster(node.settings), node.settings.opensearch_index)
    use(node, 2)
    with pytest.raises(ClusterError):
        send(spool_of(node), Away(build_cluster(node.settings), node.settings.opensearch_index))
    ((delivery, seen),) = mailbox.waiting()
    use(node)
    node.send()  # takes the place of the delivery that the writer is looking at
    mailbox.remove(delivery, seen)
    assert writer.drain() == 0
    assert copies(writer) == 3


def test_a_writer_killed_between_log_and_cluster_counts_nothing_twice(
    writer: WritingMachine, node: SearchingMachine
) -> None:
    use(node, 2)
    node.send()
    mailbox = MailboxIndex(build_cluster(node.settings), node.settings.opensearch_index)
    ((delivery, _),) = mailbox.waiting()
    Deliveries(Database(writer.settings.database)).take(delivery)  # killed here: it is still in the cluster
    writer.drain()
    assert copies(writer) == 2
    assert mailbox.waiting() == []


def test_a_delivery_is_taken_over_as_a_whole_or_not_at_all(writer: WritingMachine, node: SearchingMachine) -> None:
    use(node, 2)
    node.send()
    mailbox = MailboxIndex(build_cluster(node.settings), node.settings.opensearch_index)
    ((delivery, _),) = mailbox.waiting()
    damaged = Delivery(delivery.spool, delivery.first, (*delivery.entries, ("event", {"no such column": 1})))
    with pytest.raises(StoreError):
        Deliveries(Database(writer.settings.database)).take(damaged)
    assert copies(writer) == 0
    writer.drain()
    assert copies(writer) == 2


def test_what_the_cluster_has_lost_is_counted(writer: WritingMachine, node: SearchingMachine) -> None:
    use(node)
    node.send()
    writer.drain()
    use(node, 4)
    node.send()
    build_cluster(node.settings).tell("DELETE", f"/{node.settings.opensearch_index}-events")
    use(node)
    node.send()
    assert writer.drain() == 8  # each copy settles a search, too
    assert copies(writer) == 2


def test_a_full_spool_refuses_what_is_new_and_that_is_counted(node: SearchingMachine) -> None:
    spool = spool_of(node, capacity=3)
    for number in range(3):
        spool.put("event", {"number": number})
    node.service.log_writer.put(lambda: spool.put("event", {"number": 3}))
    assert node.service.health()["lost_log_entries"] == 1
    first, entries = spool.first(10)
    assert [body["number"] for _, body in entries] == [0, 1, 2]
    spool.drop(first + 1)
    spool.put("event", {"number": 4})
    assert spool.first(10) == (first + 2, (("event", {"number": 2}), ("event", {"number": 4})))


def test_nothing_is_lost_while_the_cluster_is_away(writer: WritingMachine, node: SearchingMachine) -> None:
    away = MailboxIndex(build_cluster(node.settings), "no_such_place_" + "x" * 250)
    use(node, 2)
    with pytest.raises(ClusterError):
        send(spool_of(node), away)
    again = SearchingMachine.beside(writer, node.settings.data.parent)  # restarted meanwhile
    again.send()
    writer.drain()
    assert copies(writer) == 2


def test_many_nodes_are_taken_over_in_one_go(writer: WritingMachine, node: SearchingMachine) -> None:
    mailbox = MailboxIndex(build_cluster(node.settings), node.settings.opensearch_index)
    use(node)
    for number in range(50):
        entries = spool_of(node).first(10)[1]
        mailbox.send(Delivery(f"spool-{number}", 1, entries))
    writer.drain()
    assert copies(writer) == 50


def test_of_an_empty_mailbox_nothing_is_taken(writer: WritingMachine) -> None:
    mailbox = MailboxIndex(build_cluster(writer.settings), writer.settings.opensearch_index)
    assert drain(mailbox, Deliveries(Database(writer.settings.database))) == 0
