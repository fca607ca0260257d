"""Editing over HTTP: bytes in are bytes in the file, and every refusal says what a program needs to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.config import Settings
from kb.content.documents import revision_of
from kb.model import Caller, Role, Via
from tests.callers import OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE
from webui import create_app

ID = "refund-not-received"
ADDRESS = f"/api/v1/articles/{ID}"
OLD = revision_of(ARTICLE.encode())
NEW = ARTICLE.replace("您好，可以退款。", "您好，三天内退款。")
SEEN = {"If-Match": OLD}
WRITER = Caller("小李", Role.EDITOR, frozenset({"售后业务部"}), False, Via.TOKEN)

As = Callable[[Caller], FlaskClient]


@pytest.fixture
def as_(small: Settings, monkeypatch: pytest.MonkeyPatch) -> As:
    """A program on a service of one article, in the name of somebody."""
    client = create_app(indexed(small)).test_client()

    def speaking(caller: Caller) -> FlaskClient:
        monkeypatch.setattr("webui.current.caller", lambda: caller)
        return client

    return speaking


def said(answer: TestResponse) -> Any:
    """The JSON document of an answer."""
    return answer.get_json()


def put(client: FlaskClient, source: str, seen: str | None = OLD, to: str = ADDRESS, **fields: Any) -> TestResponse:
    headers = {"If-None-Match": "*"} if seen is None else {"If-Match": f'"{seen}"'}
    return client.put(to, json={"source": source, **fields}, headers=headers)


def test_the_bytes_that_are_sent_are_the_bytes_of_the_file(as_: As, small: Settings) -> None:
    source = "\ufeff" + NEW.replace("\n", "\r\n") + "\t\u200b\x7f\r\n"
    answer = put(as_(OPERATOR), source, note="金额")
    assert (answer.status_code, said(answer)["revision"]) == (200, revision_of(source.encode()))
    assert answer.get_etag() == (said(answer)["revision"], False)
    assert (small.articles / "mall/refund/refund-not-received.md").read_bytes() == source.encode()
    shown = as_(OPERATOR).get(ADDRESS)
    assert (said(shown)["source"], shown.get_etag()[0]) == (source, said(answer)["revision"])
    items = said(as_(OPERATOR).get(f"{ADDRESS}/revisions"))["items"]
    assert [(item["action"], item["origin"], item["note"]) for item in items] == [
        ("publish", "cli", "金额"),
        ("create", "file", ""),
    ]
    assert said(as_(OPERATOR).get(f"{ADDRESS}/revisions/{items[1]['number']}"))["source"] == ARTICLE


def test_a_conflict_names_what_is_there_now(as_: As) -> None:
    put(as_(OPERATOR), NEW)
    answer = put(as_(OPERATOR), ARTICLE)
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert said(answer)["revision"] == revision_of(NEW.encode())
    assert answer.get_etag() == (said(answer)["revision"], False)
    assert put(as_(OPERATOR), ARTICLE, None, product="mall", scenario="refund").status_code == 409
    assert as_(OPERATOR).put(ADDRESS, json={"source": ARTICLE}).status_code == 428
    assert as_(OPERATOR).delete(ADDRESS).status_code == 428


def test_what_breaks_the_format_is_told_line_by_line(as_: As) -> None:
    answer = put(as_(OPERATOR), ARTICLE.replace("kind: faq", "kind: novel"))
    assert answer.status_code == 422
    (problem,) = said(answer)["problems"]
    assert (problem["line"], problem["severity"]) == (6, "error")
    assert "novel" in problem["message"]
    bomb = "---\nid: refund-not-received\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n"
    assert put(as_(OPERATOR), bomb).status_code == 422
    half = as_(OPERATOR).put(ADDRESS, data=b'{"source": "\\ud83d"}', content_type="application/json", headers=SEEN)
    assert half.status_code == 422


def test_a_megabyte_is_saved_and_more_is_not(as_: As) -> None:
    big = NEW + "长" * (1024 * 1024 // 3 - 300)
    answer = put(as_(OPERATOR), big)
    assert answer.status_code == 200, said(answer)
    assert put(as_(OPERATOR), big + "长" * 300, said(answer)["revision"]).status_code == 413
    assert put(as_(OPERATOR), "x" * 8_000_000, said(answer)["revision"]).status_code == 413
    assert as_(OPERATOR).post("/api/v1/gaps", json={"query": "x" * 100_000}).status_code == 413, "elsewhere as before"


def test_a_new_article_with_its_place(as_: As) -> None:
    source = "---\nid: wait\ntitle: 补发要多久\n---\n## 标准话术\n您好。\n"
    to = "/api/v1/articles/wait"
    assert put(as_(OPERATOR), source, None, to, scenario="delivery").status_code == 400
    assert put(as_(OPERATOR), source, None, to, product="mall", scenario="delivery").status_code == 400
    place = {"product": "mall", "scenario": "delivery", "scenario_title": "物流"}
    assert put(as_(OPERATOR), source, None, to, draft=True, **place).status_code == 200
    assert as_(OPERATOR).get(to).status_code == 404, "agents see nothing of a draft"
    assert said(as_(OPERATOR).get(f"{to}/draft"))["draft"]["source"] == source
    assert put(as_(OPERATOR), source, None, to, **place).status_code == 201
    assert said(as_(OPERATOR).get(to))["scenario"] == "物流"


def test_a_new_article_that_comes_without_a_place_is_among_the_unsorted(as_: As) -> None:
    """As the contract has it: the source and ``If-None-Match: *`` are enough."""
    for number, place in enumerate([{}, {"product": "mall"}, {}]):
        source = f"---\nid: wait-{number}\ntitle: 补发要等多久{number}\n---\n## 标准话术\n您好。\n"
        assert put(as_(OPERATOR), source, None, f"/api/v1/articles/wait-{number}", **place).status_code == 201
    told = [said(as_(OPERATOR).get(f"/api/v1/articles/wait-{number}")) for number in range(3)]
    places = [(article["product"], article["scenario"]) for article in told]
    assert places == [("未分类", "未分类"), ("网上商城", "未分类"), ("未分类", "未分类")]


@pytest.mark.parametrize("name", ["..%2fx", "%252e%252e", "a%2fb", "%00", "x" * 300, "con", "A"])
def test_no_address_leads_out(as_: As, small: Settings, name: str) -> None:
    before = sorted(small.articles.parent.rglob("*.md"))
    source = ARTICLE.replace(f"id: {ID}", "id: ../x")
    answer = put(as_(OPERATOR), source, None, f"/api/v1/articles/{name}", product="mall", scenario="refund")
    assert answer.status_code in (400, 404, 405, 422)
    answer = put(as_(OPERATOR), source, None, "/api/v1/articles/y", product="..", scenario="/etc", product_title="x")
    assert answer.status_code in (400, 422)
    assert sorted(small.articles.parent.rglob("*.md")) == before


def test_who_may_not_is_told_why(as_: As) -> None:
    anybody = as_(Caller.anonymous(Role.AGENT))
    answer = put(anybody, NEW)
    assert (answer.status_code, answer.headers["WWW-Authenticate"].startswith("Bearer")) == (401, True)
    assert anybody.get(f"{ADDRESS}/revisions").status_code == 401
    assert anybody.delete(ADDRESS, headers={"If-Match": OLD}).status_code == 401
    answer = put(as_(WRITER), NEW)
    assert (answer.status_code, "发布" in said(answer)["detail"]) == (403, True)
    draft = put(as_(WRITER), NEW, None, draft=True)
    assert said(draft)["draft"] is True
    state = said(as_(WRITER).get(f"{ADDRESS}/draft"))
    assert (state["revision"], state["draft"]["base"], state["draft"]["by"]) == (OLD, OLD, "小李")
    assert put(as_(WRITER), ARTICLE, None, draft=True).status_code == 409
    assert put(as_(WRITER), NEW + "更多\n", said(draft)["revision"], draft=True).status_code == 200
    assert as_(WRITER).delete(f"{ADDRESS}/draft").status_code == 204


def test_any_version_is_no_version_that_was_seen(as_: As) -> None:
    client = as_(OPERATOR)
    assert put(client, NEW, "*").status_code == 428
    assert client.delete(ADDRESS, headers={"If-Match": "*"}).status_code == 428
    assert client.post(f"{ADDRESS}/archive", json={}, headers={"If-Match": "*"}).status_code == 200, "is optional there"


def test_place_id_and_status(as_: As) -> None:
    client = as_(OPERATOR)
    moved = client.post(f"{ADDRESS}/move", json={"product": "mall", "scenario": "order", "scenario_title": "订单"})
    assert said(moved)["path"] == "mall/order/refund-not-received.md"
    assert client.post(f"{ADDRESS}/archive", json={}, headers={"If-Match": "stale"}).status_code == 409
    assert client.post(f"{ADDRESS}/archive", json={}).status_code == 200
    assert said(client.get(ADDRESS))["status"] == "archived", "who may edit sees it"
    assert as_(Caller.anonymous(Role.AGENT)).get(ADDRESS).status_code == 404
    client = as_(OPERATOR)
    assert client.post(f"{ADDRESS}/unarchive", json={"note": "又要用了"}).status_code == 200
    renamed = client.post(f"{ADDRESS}/rename", json={"new_id": "parcel-lost"})
    assert said(renamed)["id"] == "parcel-lost"
    assert client.get(f"/a/{ID}?channel=微信").location == "/a/parcel-lost?channel=微信".replace(
        "微信", "%E5%BE%AE%E4%BF%A1"
    )
    gone = client.delete("/api/v1/articles/parcel-lost", headers={"If-Match": said(renamed)["revision"]})
    assert said(gone)["action"] == "delete"
    back = client.post("/api/v1/articles/parcel-lost/undo", json={"number": said(gone)["number"]})
    assert said(back)["saved"]["revision"] == said(renamed)["revision"]
    first = said(client.get("/api/v1/articles/parcel-lost/revisions"))["items"][-1]["number"]
    restored = client.post("/api/v1/articles/parcel-lost/restore", json={"number": first})
    assert said(restored)["id"] == "parcel-lost"


def test_many_at_once(as_: As) -> None:
    asked = {"ids": [ID, "nowhere"], "field": "tags", "mode": "add", "values": ["急"]}
    items = said(as_(OPERATOR).post("/api/v1/bulk-edits", json=asked))["items"]
    assert [bool(item["number"]) for item in items] == [True, False]
    assert "nowhere" in items[1]["trouble"]


def test_as_of_a_day(as_: As) -> None:
    put(as_(OPERATOR), NEW)
    then = said(as_(OPERATOR).get(ADDRESS, query_string={"as_of": "2026-11-03"}))
    assert (then["source"], then["as_of"]["inferred"], then["as_of"]["day"]) == (ARTICLE, True, "2026-11-03")
    early = as_(OPERATOR).get(ADDRESS, query_string={"as_of": "2026-11-01"})
    assert (early.status_code, "没有留底" in said(early)["detail"]) == (404, True)
