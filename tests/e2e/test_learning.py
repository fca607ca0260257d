"""``kb learn`` as an administrator uses it, on what agents did with a running server."""

from __future__ import annotations

import os
from urllib.parse import urlencode
from urllib.request import urlopen

from kb.config import load_settings
from kb.wiring.service import build_service
from tests.callers import ANYBODY
from tests.e2e.processes import Desk

ID, QUERY = "refund-not-received", "包裹没影了钱怎么办"


def use(desk: Desk) -> None:
    """Three people choose the same article for a query."""
    overrides = {"articles": str(desk.articles), "data": str(desk.data)}
    service = build_service(load_settings(environ={}, overrides=overrides))
    for person in range(3):
        service.desk(ANYBODY).record_event("pick", ID, f"cookie {person}", QUERY, position=2, origin=f"10.0.0.{person}")


def test_what_was_learned_is_listed_accepted_and_undone(desk: Desk) -> None:
    desk.json("index")
    use(desk)
    assert desk.json("learn") == {"items": []}
    (item,) = desk.json("learn", "--from-log")["items"]
    assert (item["query"], item["id"], item["people"]) == (QUERY, ID, 3)
    assert desk.json("learn")["items"] == [item]
    assert QUERY in desk.run("learn", env={**os.environ, "COLUMNS": "160"}).stdout
    assert desk.run("learn", "accept", QUERY, ID, "--by", "lead").returncode == 0
    assert desk.json("index")["changed"] == 1
    assert desk.json("learn", "--from-log") == {"items": []}
    assert desk.json("search", QUERY)["hits"][0]["id"] == ID
    assert "已从相似问法中删去" in desk.run("learn", "undo", QUERY, ID).stdout
    assert desk.json("index")["changed"] == 1
    assert desk.json("learn", "--from-log")["items"] == [item]


def test_wrong_use_is_explained(desk: Desk) -> None:
    desk.json("index")
    for arguments in (
        ("accept", QUERY, ID, "--by", "lead"),
        ("reject", QUERY, ID, "--by", "lead"),
        ("undo", QUERY, ID),
    ):
        done = desk.run("learn", *arguments)
        assert done.returncode == 2
        assert QUERY in done.stderr
    assert desk.run("learn", "accept", QUERY, ID).returncode == 2


def test_a_server_shows_what_another_process_learned(desk: Desk) -> None:
    desk.json("index")
    use(desk)
    desk.json("learn", "--from-log")
    with desk.serve() as server:
        items = server.get("/api/v1/learned")["items"]
        address = f"{server.url}/?{urlencode({'q': QUERY})}"
        with urlopen(address, timeout=10) as page:  # our own server
            assert "同事常选" in page.read().decode()
    assert [item["query"] for item in items] == [QUERY]
