"""A writer and two search nodes behind the delivered nginx configuration: logins, and nodes that die or stand still."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.cluster.nodes import Node
from tests.e2e.houses import House, page
from tests.e2e.processes import Desk, Server, wait_until
from tests.e2e.test_access_commands import add_user
from tests.e2e.test_nginx import Browser, ask
from tests.nginx import Front, in_front_of

ARTICLE = "refund-not-received"
ASKED = ("/api/v1/search?" + urlencode({"q": "没收到货怎么退款"}), "/api/v1/suggest?" + urlencode({"q": "退款"}), "/")


@dataclass
class Machines:
    """What is behind one address."""

    house: House
    front: Front
    writer: Server
    nodes: list[Server]


@pytest.fixture
def machines(cluster_node: Node, desk: Desk, tmp_path: Path) -> Iterator[Machines]:
    assert add_user(desk, "boss", "admin") == 0
    house = House(cluster_node.url, desk, tmp_path, "whoosh")  # so that nobody waits for a busy cluster
    with (
        house.writer() as writer,
        house.node("one") as one,
        house.node("two") as two,
        in_front_of(tmp_path / "nginx", writer.url, [one.url, two.url]) as front,
    ):
        yield Machines(house, front, writer, [one, two])


class Agents:
    """Ask at the public address all the time; remember what was not answered."""

    def __init__(self, front: Front) -> None:
        self._front, self._stopped = front, threading.Event()
        self.answered, self.failures = 0, list[str]()

    @contextmanager
    def working(self, count: int = 4) -> Iterator[Agents]:
        """They work until the block ends."""
        with ThreadPoolExecutor(count) as threads:
            for _ in range(count):
                threads.submit(self._work)
            try:
                yield self
            finally:
                self._stopped.set()

    def answers(self, more: int) -> None:
        """Wait until so many more questions were answered."""
        wanted = self.answered + more
        wait_until(lambda: self.answered >= wanted or bool(self.failures), 60)

    def _work(self) -> None:
        while not self._stopped.is_set():
            for path in ASKED:
                try:
                    status = ask(self._front, "GET", path).status
                except (OSError, HTTPException) as error:
                    status = type(error).__name__  # type: ignore[assignment]  # whatever is not 200
                if status == 200:
                    self.answered += 1
                else:
                    self.failures.append(f"{path} {status}")


def copy(front: Front, number: int) -> int:
    """Tell that a text was copied, after a question of its own; the status of the answer."""
    event = {"kind": "copy", "id": ARTICLE, "query": f"第{number}问"}
    return ask(
        front, "POST", "/api/v1/events", json.dumps(event).encode(), **{"Content-Type": "application/json"}
    ).status


def is_asked(front: Front, node: Server, since: int) -> bool:
    """Whether a node has answered since the log was so long."""
    return any(f"to {urlsplit(node.url).netloc} 200" in line for line in front.log()[since:].splitlines())


def test_a_login_at_the_public_address_is_one_on_every_node(machines: Machines) -> None:
    front = machines.front
    browser = Browser(front)
    browser.log_in("boss")
    (login,) = [cookie for cookie in browser.cookies if cookie.name == "zhida_login"]

    def known(node: Server) -> bool:
        where = urlsplit(front.url)
        headers = {"Cookie": f"{login.name}={login.value}", "X-Forwarded-Proto": "https", "Host": where.netloc}
        return "boss" in page(node, **headers)

    for node in machines.nodes:
        wait_until(lambda node=node: known(node))  # type: ignore[misc]  # bound in time
    for path in ("/review", "/admin", "/account"):  # the writer's
        assert "boss" in browser.open(path)
    assert not any(" 421 " in line for line in front.log().splitlines())


def test_an_agent_is_the_one_behind_the_proxy_whatever_he_says(machines: Machines) -> None:
    where = urlsplit(machines.front.url)
    for number, source in enumerate(("127.0.0.2", "127.0.0.2", "127.0.0.3")):
        connection = HTTPSConnection(
            "127.0.0.1", where.port, timeout=30, context=machines.front.trusting, source_address=(source, 0)
        )
        connection._context.check_hostname = False  # type: ignore[attr-defined]  # its certificate names localhost
        event = json.dumps({"kind": "copy", "id": ARTICLE, "query": f"第{number}问"})
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"203.0.113.{number}"}
        connection.request("POST", "/api/v1/events", event, headers)
        assert connection.getresponse().status == 204
        connection.close()
    wait_until(lambda: machines.house.copies() == (3, 3))
    assert machines.house.senders() == [2, 1]


def test_a_node_that_is_killed_under_load_fails_nobody_and_its_events_arrive_once(machines: Machines) -> None:
    house, front, lost = machines.house, machines.front, machines.nodes[0]
    with Agents(front).working() as agents:
        agents.answers(40)
        assert [copy(front, number) for number in range(20)] == [204] * 20
        wait_until(lambda: house.written_down("one") + house.written_down("two") >= 20)
        lost.kill()
        agents.answers(80)
        since = len(front.log())
        with house.node("one", urlsplit(lost.url).port or 0) as again:
            wait_until(lambda: is_asked(front, again, since))
            agents.answers(40)
            wait_until(lambda: house.copies() == (20, 20))
    assert agents.failures == []
    assert house.copies() == (20, 20)


def test_a_node_that_stands_still_is_left_out_and_used_again(machines: Machines) -> None:
    front, still = machines.front, machines.nodes[0]
    with Agents(front).working() as agents:
        agents.answers(40)
        still.pause()
        try:
            agents.answers(200)
        finally:
            still.resume()
        since = len(front.log())
        wait_until(lambda: is_asked(front, still, since), 60)
        agents.answers(40)
    assert agents.failures == []
