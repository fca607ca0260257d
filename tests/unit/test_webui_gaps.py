"""Reporting a knowledge gap, by a program and by a browser without JavaScript."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from kb.config import Settings
from kb.errors import TooManyReports
from kb.rules.gaps import Mention
from kb.service import Service
from kb.store import gaps
from kb.store.gaps import MOST_REPORTS
from tests.callers import ANYBODY
from tests.conftest import indexed, spoil
from tests.unit.forms import HERE, submit
from webui import create_app


def reported(service: Service, query: str) -> list[Mention]:
    gaps = service.desk(ANYBODY).gaps.list()
    return [mention for gap in gaps for mention in gap.mentions if mention.text == query]


def test_a_program_reports_a_gap(client: FlaskClient, service: Service) -> None:
    client.get("/")
    body = {"query": "能刷花呗吗", "note": "手机 13812345678", "channel": "微信", "product": "网上商城"}
    for _ in range(2):
        assert client.post("/api/v1/gaps", json=body).status_code == 204
    (gap,) = reported(service, "能刷花呗吗")
    assert (gap.note, gap.channel, gap.product) == ("手机 [手机号]", "微信", "mall")


def test_a_form_reports_a_gap_and_leads_back_to_the_search(client: FlaskClient, service: Service) -> None:
    answer = submit(client, "/gaps", query="支持白条吗", note="", channel="电话", product="mall")
    assert answer.status_code == 303
    assert answer.request.path == "/gaps"
    back = client.get(answer.location)
    assert dict(back.request.args) == {"q": "支持白条吗", "channel": "电话", "product": "mall", "reported": "1"}
    assert back.status_code == 200
    (gap,) = reported(service, "支持白条吗")
    assert gap.note is None


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "缺少 query"),
        ({"query": "  "}, "缺少 query"),
        ({"query": "长" * 201}, "query 须是"),
        ({"query": "花呗", "note": "长" * 501}, "note 须是"),
        ({"query": "花呗", "channel": "传真"}, "没有名为“传真”的渠道"),
        ({"query": "花呗", "product": "火星"}, "没有名为“火星”的产品类型"),
    ],
)
def test_what_cannot_be_stored_is_said(client: FlaskClient, body: dict[str, str], told: str) -> None:
    answer = client.post("/api/v1/gaps", json=body)
    assert answer.status_code == 400
    assert told in answer.get_json(force=True)["detail"]
    page = submit(client, "/gaps", HERE, **body)
    assert page.status_code == 400
    assert told in page.get_data(as_text=True)


def test_another_site_cannot_report(client: FlaskClient) -> None:
    assert client.post("/gaps", data={"query": "花呗"}, headers={"Origin": "http://evil.example"}).status_code == 403


def test_one_visitor_who_reports_without_end_is_told_to_wait(small: Settings) -> None:
    client = create_app(indexed(small)).test_client()
    client.get("/")
    for number in range(MOST_REPORTS):
        assert client.post("/api/v1/gaps", json={"query": f"问题{number}"}).status_code == 204
    refused = client.post("/api/v1/gaps", json={"query": "又一个"})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "600"
    assert "请几分钟后再报告" in refused.get_json(force=True)["detail"]


def test_whoever_brings_no_cookie_is_known_by_address(small: Settings) -> None:
    app = create_app(indexed(small))
    answers = [app.test_client().post("/api/v1/gaps", json={"query": f"问题{n}"}) for n in range(MOST_REPORTS + 1)]
    assert [answer.status_code for answer in answers] == [204] * MOST_REPORTS + [429]
    elsewhere = app.test_client().post("/api/v1/gaps", json={"query": "花呗"}, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 204


def test_invented_visitors_cannot_fill_the_disk(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps, "MOST_OF_ALL", 3)
    service = indexed(small)
    for number in range(3):
        service.desk(ANYBODY).report_gap("花呗", agent=f"visitor {number}")
    with pytest.raises(TooManyReports):
        service.desk(ANYBODY).report_gap("花呗", agent="visitor 3")


def test_what_a_terminal_would_act_upon_is_not_stored(client: FlaskClient, service: Service) -> None:
    client.post("/api/v1/gaps", json={"query": "赊账\x1b]0;x\x07分期", "note": "一\n二\x9b2J"})
    (gap,) = reported(service, "赊账]0;x分期")
    assert gap.note == "一\n二2J"


def test_a_report_that_was_not_stored_is_not_taken_for_stored(small: Settings) -> None:
    client = create_app(indexed(small)).test_client()
    spoil(small.database)
    assert client.post("/api/v1/gaps", json={"query": "花呗"}).status_code == 503
