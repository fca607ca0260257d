"""Verdicts over HTTP: what a program sends is told everywhere, and a refusal says what it needs to go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.config import Settings
from kb.content.documents import revision_of
from kb.model import Caller, Role, Via
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE, write
from webui import create_app

ID = "refund-not-received"
PATH = "mall/refund/refund-not-received.md"
OLD = revision_of(ARTICLE.encode())
REVIEWER = Caller("李审", Role.REVIEWER, frozenset({"售后业务部"}), via=Via.TOKEN)

As = Callable[[Caller], FlaskClient]


@pytest.fixture
def as_(small: Settings, monkeypatch: pytest.MonkeyPatch) -> As:
    """A program on a service of one article, in the name of somebody."""
    client = create_app(indexed(small)).test_client()

    def speaking(caller: Caller) -> FlaskClient:
        monkeypatch.setattr("webui.current.caller", lambda: caller)
        return client

    return speaking


@pytest.fixture
def client(as_: As) -> FlaskClient:
    return as_(REVIEWER)


def judge(client: FlaskClient, verdict: str, seen: str | None = None, **fields: Any) -> TestResponse:
    headers = {"If-Match": f'"{seen}"'} if seen else {}
    return client.post("/api/v1/reviews", json={"id": ID, "verdict": verdict, **fields}, headers=headers)


def said(answer: TestResponse) -> Any:
    return answer.get_json()


def test_a_verdict_is_answered_with_the_review_and_the_file_as_it_is_now(client: FlaskClient, small: Settings) -> None:
    answer = judge(client, "confirm", OLD, note="都对")
    text = (small.articles / PATH).read_bytes()
    assert answer.status_code == 201
    document = said(answer)
    assert answer.get_etag()[0] == document["now"] == revision_of(text)
    assert f"verified: {date.today()}\nverified_by: 李审\n".encode() in text
    assert (document["id"], document["verdict"], document["by"], document["note"]) == (ID, "confirm", "李审", "都对")
    assert (document["revision"], document["remarks"]) == (OLD, [])
    listed = said(client.get("/api/v1/reviews", query_string={"id": ID}))
    assert listed == {"total": 1, "items": [{k: v for k, v in document.items() if k not in ("now", "remarks")}]}
    assert said(judge(client, "confirm", OLD, note="都对")) == document, "sent twice, given once"


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_conflict_carries_the_difference(client: FlaskClient, small: Settings, where: str) -> None:
    new = ARTICLE.replace("可以退款。", "三天内退款。")
    write(small.articles, PATH, new)
    answer = judge(client, "confirm", OLD) if where == "header" else judge(client, "confirm", revision=OLD)
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert said(answer)["revision"] == revision_of(new.encode())
    assert "-您好，可以退款。\n+您好，三天内退款。" in said(answer)["diff"]
    assert (small.articles / PATH).read_text(encoding="utf-8") == new


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"id": "nothing", "verdict": "confirm"}, 404, "nothing"),
        ({"id": ID, "verdict": "approve"}, 400, "verdict"),
        ({"id": ID}, 400, "verdict"),
        ({"id": ID, "verdict": "revise"}, 400, "写明"),
        ({"id": ID, "verdict": "confirm", "note": "长" * 501}, 400, "500"),
        ({"id": ID, "verdict": "confirm", "by": "别人"}, 400, "by"),
    ],
)
def test_what_cannot_be_is_refused(client: FlaskClient, sent: dict[str, str], status: int, words: str) -> None:
    answer = client.post("/api/v1/reviews", json=sent)
    assert (answer.status_code, words in said(answer)["detail"]) == (status, True)
    assert said(client.get("/api/v1/reviews"))["total"] == 0


def test_an_archived_article_is_a_conflict_and_a_broken_file_is_shown(client: FlaskClient, small: Settings) -> None:
    assert judge(client, "archive", OLD).status_code == 201
    answer = judge(client, "confirm")
    assert (answer.status_code, "已经归档" in said(answer)["detail"]) == (409, True)
    assert (
        client.delete(f"/api/v1/reviews/{said(client.get('/api/v1/reviews'))['items'][0]['number']}").status_code == 200
    )
    write(small.articles, PATH, ARTICLE.replace("kind: faq", "kind: nonsense"))
    answer = judge(client, "confirm")
    assert (answer.status_code, said(answer)["problems"][0]["line"]) == (422, 6)


def test_a_verdict_is_taken_back(client: FlaskClient, small: Settings) -> None:
    given = said(judge(client, "confirm", OLD))
    answer = client.delete(f"/api/v1/reviews/{given['number']}")
    assert (answer.status_code, said(answer)["number"]) == (200, given["number"])
    assert (small.articles / PATH).read_text(encoding="utf-8") == ARTICLE
    assert client.delete(f"/api/v1/reviews/{given['number']}").status_code == 409


def test_lists_have_pages_and_begin_on_a_day(client: FlaskClient) -> None:
    for note in ("一", "二", "三"):
        judge(client, "revise", note=note)
    page = said(client.get("/api/v1/reviews?limit=1&offset=1"))
    assert (page["total"], [item["note"] for item in page["items"]]) == (3, ["二"])
    assert said(client.get("/api/v1/reviews?since=2999-01-01"))["total"] == 0
    assert client.get("/api/v1/reviews?id=nothing").status_code == 404


def test_what_was_sent_back_is_listed_for_its_owners(as_: As) -> None:
    judge(as_(REVIEWER), "revise", note="金额是旧的")
    ours = Caller("小王", Role.EDITOR, frozenset({"售后业务部"}), via=Via.TOKEN)
    (item,) = said(as_(ours).get("/api/v1/reviews/sent-back?mine=1"))["items"]
    assert (item["id"], item["owner"], item["answered"], item["review"]["note"]) == (
        ID,
        "售后业务部",
        False,
        "金额是旧的",
    )
    others = Caller("小李", Role.EDITOR, frozenset({"会员部"}), via=Via.TOKEN)
    assert said(as_(others).get("/api/v1/reviews/sent-back?mine=1"))["items"] == []
    assert len(said(as_(others).get("/api/v1/reviews/sent-back"))["items"]) == 1


def test_many_are_confirmed_and_counted(client: FlaskClient) -> None:
    sent = {"ids": [ID, "nothing"], "revisions": [OLD, "x"]}
    good, bad = said(client.post("/api/v1/reviews/confirmations", json=sent))["items"]
    assert (good["id"], good["review"]["verdict"], good["trouble"]) == (ID, "confirm", "")
    assert (bad["id"], bad["review"], "nothing" in bad["trouble"]) == ("nothing", None, True)
    week = said(client.get("/api/v1/reviews/progress"))
    assert (week["done"], week["by_verdict"]["confirm"], week["by_reviewer"]) == (1, 1, {"李审": 1})
    assert client.post("/api/v1/reviews/confirmations", json={"ids": [ID], "revisions": []}).status_code == 400


def test_a_save_may_be_a_verdict_too(as_: As) -> None:
    new = ARTICLE.replace("可以退款。", "三天内退款。")

    def save(caller: Caller, source: str, seen: str, **fields: Any) -> TestResponse:
        return as_(caller).put(
            f"/api/v1/articles/{ID}", json={"source": source, **fields}, headers={"If-Match": f'"{seen}"'}
        )

    editor = Caller("小王", Role.EDITOR, can_publish=True, via=Via.TOKEN)
    saved = said(save(editor, new, OLD, verify=True))
    assert (saved["verified"], said(as_(editor).get("/api/v1/reviews"))["total"]) == ("2026-11-16", 0)
    confirmed = said(save(REVIEWER, new, saved["revision"], verify=True))
    assert confirmed["verified"] == date.today().isoformat()
    assert said(as_(editor).get("/api/v1/reviews"))["total"] == 1
    assert save(REVIEWER, new, "", verify=True, draft=True).status_code in (400, 428)


@pytest.mark.parametrize("number", [2**63, 10**40])
def test_a_number_that_no_database_holds_is_nothing(client: FlaskClient, number: int) -> None:
    assert client.delete(f"/api/v1/reviews/{number}").status_code == 404


@pytest.mark.parametrize("day", ["9999-12-27", "9999-12-31", "2999-01-01"])
def test_weeks_ahead_have_no_progress(client: FlaskClient, day: str) -> None:
    answer = client.get(f"/api/v1/reviews/progress?week={day}")
    assert (answer.status_code, "还没有到" in said(answer)["detail"]) == (400, True)
