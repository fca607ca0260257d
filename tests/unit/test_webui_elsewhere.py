"""The pages and the API of a search node: what it answers, and where it sends those who want to change something."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.cluster.nodes import Node
from tests.unit.html_page import Page
from tests.unit.several_machines import WRITER, SearchingMachine, WritingMachine
from webui import create_app
from webui.http.elsewhere import _HERE


@pytest.fixture
def machine(cluster_node: Node, tmp_path: Path) -> SearchingMachine:
    writer = WritingMachine.on(cluster_node, tmp_path / "writer")
    writer.publish()
    node = SearchingMachine.beside(writer, tmp_path / "node")
    node.follow()
    return node


@pytest.fixture
def app(machine: SearchingMachine) -> Flask:
    return create_app(machine.service)


READ = (
    "/",
    "/?q=退款",
    "/a/refund-not-received",
    "/browse",
    "/recommend",
    "/healthz",
    "/openapi.json",
    "/api/v1/search?q=退款",
    "/api/v1/suggest?q=退",
    "/api/v1/faq",
    "/api/v1/browse",
    "/api/v1/articles/refund-not-received",
    "/api/v1/me",
)


@pytest.mark.parametrize("address", READ)
def test_what_reads_is_answered_here(app: Flask, address: str) -> None:
    assert app.test_client().get(address).status_code == 200


WRITE = (
    "/edit",
    "/review",
    "/login?next=/",
    "/a/refund-not-received?as_of=2026-11-01",
    "/browse?status=draft",
    "/admin",
)


@pytest.mark.parametrize("address", WRITE)
def test_people_who_want_to_change_something_get_a_link_to_the_writer(app: Flask, address: str) -> None:
    answer = app.test_client().get(address)
    assert answer.status_code == 421
    assert Page(answer.text).link("到写节点去做") == f"{WRITER}{address}"


def test_programs_are_told_the_address_of_the_writer(app: Flask) -> None:
    answer = app.test_client().put("/api/v1/articles/refund-not-received", json={})
    assert answer.status_code == 421
    assert answer.get_json(force=True)["writer"] == WRITER


def test_the_documentation_says_what_is_left_to_the_writer(app: Flask) -> None:
    paths = app.test_client().get("/openapi.json").get_json()["paths"]
    assert "421" in paths["/api/v1/articles/{article_id}"]["put"]["responses"]
    assert "421" not in paths["/api/v1/articles/{article_id}"]["get"]["responses"]


def test_whatever_is_new_is_left_to_the_writer_until_somebody_says_otherwise(app: Flask) -> None:
    assert app.view_functions.keys() >= _HERE


def test_pages_and_health_say_that_the_cluster_is_away(app: Flask, machine: SearchingMachine) -> None:
    browser = app.test_client()
    assert "暂时连不上集群" not in browser.get("/").text
    machine.service.note("cluster", "连不上搜索集群")
    for address in ("/", "/a/refund-not-received", "/browse"):
        assert "暂时连不上集群" in browser.get(address).text
    health = browser.get("/healthz")
    assert (health.status_code, health.get_json()["status"]) == (200, "degraded")
    assert health.get_json()["checks"]["cluster"] == "连不上搜索集群"
