"""The JSON API: documents of the contract, strict inputs, what is written down."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from kb import contracts
from kb.config import Settings
from kb.ports.events import Event
from kb.service import Service
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.query_log import QueryLog
from kb.wiring.service import build_service
from tests.callers import ANYBODY
from tests.conftest import indexed, spoil
from tests.e2e.processes import edit
from tests.unit.article_tree import ARTICLE, write
from webui import create_app

A_WHILE_AGO = datetime.now(timezone.utc) - timedelta(hours=1)


def get(client: FlaskClient, address: str, status: int = 200) -> Any:
    response = client.get(f"/api/v1{address}")
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.mimetype == ("application/json" if status == 200 else "application/problem+json")
    return response.get_json(force=True)


def latest_event(settings: Settings, kind: str) -> Event:
    return EventLog(Database(settings.database)).recent([kind], A_WHILE_AGO)[0]


def test_search_answers_with_the_document_of_the_contract(client: FlaskClient, service: Service) -> None:
    found = get(client, "/search?q=没收到货怎么退款&limit=3")
    assert list(found)[:6] == ["query", "total", "took_ms", "generation", "fallback", "did_you_mean"]
    assert len(found["hits"]) == 3
    assert found["hits"][0]["id"] == "refund-not-received"
    assert found["hits"][0]["url"] == "/a/refund-not-received"
    assert "<mark>" in found["hits"][0]["snippet"]
    assert {facet["value"] for facet in found["facets"]["product"]} >= {"网上商城"}


@pytest.mark.parametrize("query", ["", "……", "-退款", "zxqj", "饕餮"])
def test_a_search_without_hits_has_the_same_shape(client: FlaskClient, query: str) -> None:
    found = get(client, f"/search?q={query}")
    assert (found["total"], found["hits"]) == (0, [])
    assert found["facets"] == {"product": [], "scenario": [], "channel": [], "kind": []}


def test_search_filters_and_pages(client: FlaskClient) -> None:
    narrowed = get(client, "/search?q=退款&product=网上商城&scenario=refund&kind=faq&channel=电话&tag=退款")
    assert {(hit["product"], hit["kind"]) for hit in narrowed["hits"]} == {("网上商城", "faq")}
    assert all("退款" in get(client, f"/articles/{hit['id']}")["tags"] for hit in narrowed["hits"])
    first, second = get(client, "/search?q=退款&limit=2"), get(client, "/search?q=退款&limit=2&offset=2")
    four = [hit["id"] for hit in first["hits"] + second["hits"]]
    assert four == [hit["id"] for hit in get(client, "/search?q=退款&limit=4")["hits"]]


def test_search_gives_the_script_of_the_channel(client: FlaskClient) -> None:
    assert "您别着急" in get(client, "/search?q=未收到货退款&channel=电话")["hits"][0]["script"]


@pytest.mark.parametrize("typed", ["退款", "tk", "tuikuan", "退kuan"])
def test_suggest_offers_both_refunds(client: FlaskClient, typed: str) -> None:
    answer = get(client, f"/suggest?q={typed}")
    assert answer["query"] == typed
    assert {"未收到货退款", "已收到货退款"} <= {row["text"] for row in answer["suggestions"]}
    assert len(get(client, f"/suggest?q={typed}&limit=1")["suggestions"]) == 1


def test_faq_gives_the_panel(client: FlaskClient, service: Service) -> None:
    assert get(client, "/faq") == contracts.faq_document(service.desk(ANYBODY).faq())
    three = get(client, "/faq?limit=3&channel=电话")["items"]
    assert [item["rank"] for item in three] == [1, 2, 3]
    assert all("电话" in item["channels"] for item in three)


@pytest.mark.parametrize("encoding", ["", "gzip", "br, *", "gzip;q=0", "identity"])
def test_the_panel_is_compressed_for_those_who_take_it(client: FlaskClient, service: Service, encoding: str) -> None:
    response = client.get("/api/v1/faq", headers={"Accept-Encoding": encoding})
    compressed = encoding in ("gzip", "br, *")
    assert response.headers.get("Content-Encoding") == ("gzip" if compressed else None)
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Cache-Control"] == "private, no-cache"
    body = gzip.decompress(response.data) if compressed else response.data
    assert json.loads(body) == contracts.faq_document(service.desk(ANYBODY).faq())


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_panel_is_sent_again_only_when_it_has_changed(small: Settings, encoding: str) -> None:
    service = indexed(small)
    client = create_app(service).test_client()
    address, headers = "/api/v1/faq", {"Accept-Encoding": encoding}
    etag = client.get(address, headers=headers).headers["ETag"]
    assert not etag.startswith("W/")
    again = client.get(address, headers=headers | {"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert client.get(f"{address}?channel=电话", headers=headers).headers["ETag"] != etag
    edit(small.articles / "mall/refund/refund-not-received.md", "您好，可以退款。", "您好，马上退款。")
    service.index()
    service.refresh()
    changed = client.get(address, headers=headers | {"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_the_two_encodings_of_the_panel_have_etags_of_their_own(client: FlaskClient) -> None:
    etags = {client.get("/api/v1/faq", headers={"Accept-Encoding": e}).headers["ETag"] for e in ("gzip", "identity")}
    assert len(etags) == 2


def test_browse_gives_the_tree_and_the_articles_of_a_scenario(client: FlaskClient) -> None:
    products = get(client, "/browse")["products"]
    mall = next(product for product in products if product["slug"] == "mall")
    assert mall["title"] == "网上商城"
    assert mall["count"] == sum(scenario["count"] for scenario in mall["scenarios"])
    assert mall["stale"] == sum(scenario["stale"] for scenario in mall["scenarios"])
    assert all(scenario["articles"] is None for scenario in mall["scenarios"])
    (scenario,) = get(client, "/browse?product=mall&scenario=refund")["products"][0]["scenarios"]
    assert len(scenario["articles"]) == scenario["count"]
    assert {"id", "title", "freshness", "url"} <= set(scenario["articles"][0])
    get(client, "/browse?scenario=火星", status=400)


def test_an_article_comes_with_source_html_and_etag(client: FlaskClient) -> None:
    response = client.get("/api/v1/articles/refund-not-received")
    article = response.json
    assert article
    assert response.headers["ETag"] == f'"{article["revision"]}"'
    assert article["source"].startswith("---\nid: refund-not-received")
    assert "<h2>处理步骤</h2>" in article["html"]
    assert {script["channel"] for script in article["scripts"]} == {None, "电话"}
    state = get(client, "/articles/refund-received")["freshness"]
    assert article["related"][0] == {
        "id": "refund-received",
        "title": "已收到货退款",
        "freshness": state,
        "url": "/a/refund-received",
    }


def test_an_unchanged_article_is_not_sent_again(small: Settings) -> None:
    client, address = dated(small, verified=date.today()), "/api/v1/articles/refund-not-received"
    etag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert client.get(address, headers={"If-None-Match": '"another"'}).status_code == 200


def test_that_an_unchanged_article_has_become_stale_is_sent(small: Settings) -> None:
    """Whoever keeps it must not go on saying that it is current."""
    client, address = dated(small, verified=date.today() - timedelta(days=40)), "/api/v1/articles/refund-not-received"
    again = client.get(address, headers={"If-None-Match": client.get(address).headers["ETag"]})
    assert (again.status_code, again.json and again.json["freshness"]) == (200, "stale")


def dated(settings: Settings, verified: date) -> FlaskClient:
    """A client of a service whose only article was last verified on that day."""
    source = ARTICLE.replace("2026-11-16", f"{verified}").replace("2026-11-02", f"{verified}")
    write(settings.articles, "mall/refund/refund-not-received.md", source)
    return create_app(indexed(settings)).test_client()


def test_stale_takes_a_day_and_an_owner(client: FlaskClient) -> None:
    far = get(client, "/stale?as_of=2030-01-01")
    assert far["as_of"] == "2030-01-01"
    assert {"refund-not-received", "coupon-double11-2026"} <= {item["id"] for item in far["items"]}
    owners = {item["owner"] for item in get(client, "/stale?as_of=2030-01-01&owner=会员业务部")["items"]}
    assert owners == {"会员业务部"}
    assert get(client, "/stale")["as_of"] == date.today().isoformat()


def test_stale_is_narrowed_down_and_comes_in_pages(client: FlaskClient) -> None:
    whole = get(client, "/stale?as_of=2030-01-01")
    assert whole["total"] == len(whole["items"]) > 20
    assert sum(facet["count"] for facet in whole["facets"]["product"]) == whole["total"]
    assert {"signals", "minutes", "exposure", "reasons"} <= set(whole["items"][0])

    page = get(client, "/stale?as_of=2030-01-01&limit=5&offset=10")
    assert (page["total"], page["items"]) == (whole["total"], whole["items"][10:15])

    expired = get(client, "/stale?as_of=2030-01-01&product=mall&state=expired")
    assert {(item["product"], item["state"]) for item in expired["items"]} == {("网上商城", "expired")}
    (counted,) = [facet for facet in expired["facets"]["state"] if facet["key"] == "expired"]
    assert counted == {"value": "已失效", "count": expired["total"], "key": "expired"}
    assert get(client, "/stale?signal=sent_back")["items"] == []
    found = get(client, "/stale?as_of=2030-01-01&text=未收到货")
    assert "refund-not-received" in [item["id"] for item in found["items"]]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/search?prodcut=mall", "不认识的参数：prodcut"),
        ("/suggest?query=tk", "不认识的参数：query"),
        ("/articles/refund-received?at=2026-01-01", "不认识的参数：at"),
        ("/search?q=退款&limit=ten", "limit 须是 1 到 100 之间的整数，收到的是“ten”"),
        ("/search?q=退款&limit=0", "limit 须是"),
        ("/search?q=退款&limit=101", "limit 须是"),
        ("/search?q=退款&limit=1e1", "limit 须是"),
        ("/search?q=退款&limit=" + "9" * 5000, "limit 须是"),
        ("/search?q=退款&limit=%C2%B2", "limit 须是"),
        ("/search?q=退款&offset=-1", "offset 须是 0 到 1000"),
        ("/search?q=" + quote("退" * 201), "超过 200 字"),
        ("/suggest?q=" + quote("退" * 201), "超过 200 字"),
        ("/search?q=退款&product=火星", "没有名为“火星”的产品类型"),
        ("/search?q=退款&kind=novel", "没有名为“novel”的类型"),
        ("/faq?channel=传真", "没有名为“传真”的渠道"),
        ("/faq?limit=201", "limit 须是 1 到 200"),
        ("/search?q=%ff", "不是 UTF-8 编码"),
        ("/suggest?q=%cd%cb%bf%ee", "不是 UTF-8 编码"),
        ("/stale?owner=火星部", "没有名为“火星部”的业务部门。现有："),
        ("/stale?product=月球", "没有名为“月球”的产品类型。现有："),
        (f"/stale?text={'退' * 201}", "text 有 201 个字，超过 200 字的上限"),
        ("/stale?state=old", "没有“old”这种状态。可选：expired（已失效）、"),
        ("/stale?signal=smell", "没有“smell”这种信号。可选：sent_back（已退回修改）、"),
        ("/stale?limit=0", "limit 须是 1 到 10000 之间的整数"),
        ("/stale?offset=-1", "offset 须是 0 到"),
        ("/stale?as_of=昨天", "as_of 须是 2026-11-30 这样的日期，收到的是“昨天”"),
        ("/stale?as_of=2026-02-30", "as_of 须是"),
    ],
)
def test_bad_parameters_are_named(client: FlaskClient, address: str, told: str) -> None:
    assert told in get(client, address, status=400)["detail"]


def test_an_event_is_written_down_for_the_visitor(client: FlaskClient, settings: Settings) -> None:
    client.get("/")
    body = {"kind": "copy", "id": "refund-received", "query": "已退货 13812345678", "position": 2, "ms": 1234.5}
    assert client.post("/api/v1/events", json=body).status_code == 204
    event = latest_event(settings, "copy")
    assert (event.article_id, event.position, event.ms) == ("refund-received", 2, 1234.5)
    assert event.agent == client.get_cookie("zhida_session").value  # type: ignore[union-attr]
    assert "13812345678" not in str(event.query)


def test_typing_through_the_api_is_one_search(client: FlaskClient, settings: Settings) -> None:
    client.get("/")
    for typed in ("退", "退差", "退差价找谁"):
        get(client, f"/search?q={typed}")
    logged = [row.query for row in QueryLog(Database(settings.database)).frequent(A_WHILE_AGO, 1000)]
    assert "退差价找谁" in logged
    assert not {"退", "退差"} & set(logged)


@pytest.mark.parametrize("kind", ["pick", "open", "copy"])
def test_taking_an_answer_settles_the_visitors_search(client: FlaskClient, settings: Settings, kind: str) -> None:
    client.get("/")
    first, second = f"发票抬头写错 {kind}", f"发票怎么补开 {kind}"
    get(client, f"/search?q={first}")
    body = {"kind": kind, "id": "invoice-get", "query": first, "position": 1, "ms": None}
    assert client.post("/api/v1/events", json=body).status_code == 204
    get(client, f"/search?q={second}")
    logged = {row.query for row in QueryLog(Database(settings.database)).frequent(A_WHILE_AGO, 1000)}
    assert {first, second} <= logged


def test_programs_without_cookie_are_not_logged(client: FlaskClient, settings: Settings) -> None:
    get(client, "/search?q=发票红冲流程")
    logged = {row.query for row in QueryLog(Database(settings.database)).frequent(A_WHILE_AGO, 1000)}
    assert "发票红冲流程" not in logged


def test_feedback_is_written_down(client: FlaskClient, settings: Settings) -> None:
    body = {"id": "plus-quit", "vote": "unhelpful", "note": "没写年卡"}
    assert client.post("/api/v1/feedback", json=body).status_code == 204
    event = latest_event(settings, "unhelpful")
    assert (event.article_id, event.note) == ("plus-quit", "没写年卡")


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("events", {"kind": "copy"}, "缺少 id"),
        ("events", {"id": "plus-quit"}, "缺少 kind"),
        ("events", {"kind": "dance", "id": "plus-quit"}, "kind 只能是 view、copy"),
        ("events", {"kind": 1, "id": "plus-quit"}, "kind 须是"),
        ("events", {"kind": "copy", "id": "plus-quit", "positon": 1}, "不认识的字段：positon"),
        ("events", {"kind": "copy", "id": "plus-quit", "position": "1"}, "position 须是"),
        ("events", {"kind": "copy", "id": "plus-quit", "position": True}, "position 须是"),
        ("events", {"kind": "copy", "id": "plus-quit", "position": 1.5}, "position 须是"),
        ("events", {"kind": "copy", "id": "plus-quit", "position": 10**30}, "position 须是"),
        ("events", {"kind": "copy", "id": "plus-quit", "ms": -1}, "ms 须是"),
        ("events", {"kind": "copy", "id": "plus-quit", "ms": "fast"}, "ms 须是"),
        ("events", {"kind": "copy", "id": "plus-quit", "ms": float("nan")}, "ms 须是"),
        ("events", {"kind": "copy", "id": "plus-quit", "query": "长" * 201}, "query 须是"),
        ("events", {"kind": "copy", "id": "\ud800"}, "id 须是"),
        ("feedback", {"id": "plus-quit"}, "缺少 vote"),
        ("feedback", {"id": "plus-quit", "vote": "copy"}, "vote 只能是 helpful、unhelpful、outdated，收到的是“copy”"),
        ("feedback", {"id": "plus-quit", "vote": "helpful", "note": "长" * 501}, "note 须是"),
        ("feedback", {"id": "plus-quit", "vote": "helpful", "note": "\udfff"}, "note 须是"),
    ],
)
def test_bad_fields_are_named(client: FlaskClient, path: str, body: dict[str, object], told: str) -> None:
    response = client.post(f"/api/v1/{path}", data=json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert told in response.get_json(force=True)["detail"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "[" * 60_000, "1" * 60_000, b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(client: FlaskClient, body: str | bytes) -> None:
    response = client.post("/api/v1/events", data=body, content_type="application/json")
    assert response.status_code == 400
    assert "JSON" in response.get_json(force=True)["detail"]


def test_an_event_of_an_unknown_article_is_not_found(client: FlaskClient) -> None:
    assert client.post("/api/v1/events", json={"kind": "copy", "id": "nope"}).status_code == 404


def test_healthz_tells_ok_degraded_and_down(small: Settings) -> None:
    client = create_app(indexed(small)).test_client()
    healthy = client.get("/healthz")
    assert (healthy.status_code, healthy.get_json()["status"]) == (200, "ok")
    spoil(small.database)
    degraded = client.get("/healthz")
    assert (degraded.status_code, degraded.get_json()["status"]) == (200, "degraded")


def test_healthz_is_503_without_an_index(small: Settings) -> None:
    down = create_app(build_service(small)).test_client().get("/healthz")
    assert (down.status_code, down.get_json()["status"]) == (503, "down")


def test_suggest_and_faq_need_neither_index_nor_database(small: Settings) -> None:
    client = create_app(indexed(small)).test_client()
    for path in filter(Path.is_file, small.index_dir.glob("*/**/*")):
        path.unlink()
    spoil(small.database)
    assert get(client, "/suggest?q=退款")["suggestions"][0]["id"] == "refund-not-received"
    assert get(client, "/faq")["items"][0]["id"] == "refund-not-received"
    assert get(client, "/browse")["products"][0]["count"] == 1
    get(client, "/articles/refund-not-received", status=503)
