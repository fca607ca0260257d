"""Logins and tokens hold on every search node, end there when they are ended, and no password leaves the writer."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.config import Settings
from kb.errors import LoginFailed
from kb.model import Caller, Role
from kb.store.database import Database
from kb.store.sessions import SessionStore
from kb.wiring.access import build_access
from kb.wiring.cluster import build_cluster
from tests.cluster.nodes import Node
from tests.unit.access_desk import GOOD, ROOT, quick_passwords
from tests.unit.several_machines import SearchingMachine, WritingMachine
from webui import create_app

CHROME, OFFICE = "Chrome on the third floor", "192.0.2.44"


@pytest.fixture
def writer(cluster_node: Node, tmp_path: Path) -> WritingMachine:
    machine = WritingMachine.on(cluster_node, tmp_path / "writer")
    access = build_access(machine.settings, Database(machine.settings.database), passwords=quick_passwords())
    access.accounts.add(ROOT, "wangfang", Role.EDITOR, GOOD, owners=frozenset({"售后业务部"}))
    return machine


@pytest.fixture
def node(writer: WritingMachine, tmp_path: Path) -> SearchingMachine:
    return SearchingMachine.beside(writer, tmp_path / "node")


def log_in(writer: WritingMachine) -> str:
    """A session of wangfang's, begun on the writer."""
    accounts = writer.service.access
    account = next(one for one in accounts.accounts.all(ROOT) if one.name == "wangfang")
    return accounts.sessions.open(account, CHROME, OFFICE)


def follow(writer: WritingMachine, node: SearchingMachine) -> None:
    writer.publish()
    node.follow()


def store_of(settings: Settings) -> SessionStore:
    return SessionStore(Database(settings.database))


def test_who_has_logged_in_is_known_on_every_node_until_logging_out(
    writer: WritingMachine, node: SearchingMachine
) -> None:
    token = log_in(writer)
    follow(writer, node)
    assert node.service.access.sessions.caller(token) == writer.service.access.sessions.caller(token)
    writer.service.access.sessions.end(token)
    follow(writer, node)
    assert node.service.access.sessions.caller(token) is None  # nothing is remembered of it


def test_a_disabled_account_and_a_revoked_token_end_everywhere(writer: WritingMachine, node: SearchingMachine) -> None:
    session, tokens = log_in(writer), writer.service.access.tokens
    secret = tokens.add(ROOT, "robot", Role.AGENT)
    follow(writer, node)
    assert node.service.access.tokens.caller(secret).name == "robot"
    tokens.revoke(ROOT, "robot")
    writer.service.access.accounts.disable(ROOT, "wangfang")
    follow(writer, node)
    assert node.service.access.sessions.caller(session) is None
    with pytest.raises(LoginFailed):
        node.service.access.tokens.caller(secret)


def test_no_password_browser_or_address_leaves_the_writer(writer: WritingMachine, node: SearchingMachine) -> None:
    log_in(writer)
    follow(writer, node)
    prefix = writer.settings.opensearch_index
    everything = str(build_cluster(writer.settings).ask("POST", f"/{prefix}-*/_search", {"size": 1000}))
    assert "wangfang" in everything
    for secret in ("argon2", CHROME, OFFICE, writer.settings.secret):
        assert secret not in everything
    with Database(node.settings.database).read() as db:
        assert db.execute("SELECT password_hash FROM users").fetchall() == [(None,)]


def test_a_session_that_is_used_on_a_node_does_not_go_idle_elsewhere(
    writer: WritingMachine, node: SearchingMachine, tmp_path: Path
) -> None:
    token = log_in(writer)
    long_ago = "UPDATE sessions SET seen = seen - 3600000"
    with Database(writer.settings.database).write() as db:
        db.execute(long_ago)
    other = SearchingMachine.beside(writer, tmp_path / "other")
    follow(writer, node)
    follow(writer, other)
    before = store_of(other.settings).of("wangfang")[0].seen
    assert node.service.access.sessions.caller(token) is not None
    node.send()
    writer.drain()
    follow(writer, other)
    now = store_of(node.settings).of("wangfang")[0].seen
    assert store_of(writer.settings).of("wangfang")[0].seen == now > before
    assert store_of(other.settings).of("wangfang")[0].seen == now


def test_a_page_of_one_node_can_be_sent_to_another(
    writer: WritingMachine, node: SearchingMachine, tmp_path: Path
) -> None:
    """What one node signs, the others know by the common secret."""
    other = SearchingMachine.beside(writer, tmp_path / "other")
    follow(writer, node)
    other.follow()
    first, second = (create_app(machine.service).test_client() for machine in (node, other))
    first.get("/")
    cookie = first.get_cookie("zhida_session")
    assert cookie is not None
    second.set_cookie("zhida_session", cookie.value)
    page = first.get("/a/refund-not-received").text
    csrf = page.split('name="csrf" content="')[1].split('"')[0]

    def vote(csrf: str) -> int:
        form, ours = {"csrf": csrf, "vote": "helpful"}, {"Origin": "http://localhost"}
        return second.post("/a/refund-not-received/feedback", data=form, headers=ours).status_code

    assert (vote(csrf), vote(csrf[::-1])) == (303, 403)


def test_an_account_changed_on_the_writer_is_changed_on_the_nodes(
    writer: WritingMachine, node: SearchingMachine
) -> None:
    token = log_in(writer)
    follow(writer, node)
    writer.service.access.accounts.change(ROOT, "wangfang", Role.REVIEWER, None, can_publish=True)
    follow(writer, node)
    caller = node.service.access.sessions.caller(token)
    assert isinstance(caller, Caller)
    assert caller.role is Role.REVIEWER
