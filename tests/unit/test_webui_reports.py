"""The pages and the document of the weekly report: who sees what, which weeks there are, what can be downloaded."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from kb.config import Settings
from kb.content.documents import revision_of
from kb.model import Caller, Role
from kb.rules.weeks import Week
from kb.service import Service
from tests.callers import OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE
from webui import create_app


@pytest.fixture
def house(small: Settings) -> tuple[Service, str]:
    """A service whose one article was edited by somebody just now, and this week."""
    service = indexed(small)
    editor = service.desk(Caller.local("王芳")).editing
    editor.publish(
        "refund-not-received", ARTICLE.replace("可以退款", "三天内退款"), revision_of(ARTICLE.encode()), "金额"
    )
    return service, str(Week.of(datetime.now(small.timezone).date()))


@pytest.fixture
def visitor(house: tuple[Service, str]) -> FlaskClient:
    return create_app(house[0]).test_client()


def as_role(service: Service, role: Role) -> dict[str, str]:
    secret = service.access.tokens.add(OPERATOR, f"bot-{role.value}", role, None, True)
    return {"Authorization": f"Bearer {secret}"}


def test_the_document_is_that_of_the_running_week(house: tuple[Service, str], visitor: FlaskClient) -> None:
    report = visitor.get("/api/v1/reports/weekly").get_json()
    assert (report["week"], report["ended"], report["figures"]["articles"]) == (house[1], False, 1)
    assert [row["week"] for row in report["trend"]] == [house[1]]
    assert report["owners"][0]["owner"] == "售后业务部"


def test_names_are_told_to_reviewers(house: tuple[Service, str], visitor: FlaskClient) -> None:
    service, _ = house
    for role, told in ((Role.AGENT, False), (Role.EDITOR, False), (Role.REVIEWER, True), (Role.ADMIN, True)):
        report = visitor.get("/api/v1/reports/weekly", headers=as_role(service, role)).get_json()
        (changed,) = report["changed"]
        assert (report["names"], bool(changed["authors"])) == (told, told), role
        assert changed["change"] == "changed"


@pytest.mark.parametrize("week", ["2026-W54", "2026-47", "9999-W01", "0000-W01", "明天", "2001-W01"])
def test_a_week_without_a_report_is_told(visitor: FlaskClient, week: str) -> None:
    answer = visitor.get("/api/v1/reports/weekly", query_string={"week": week})
    assert answer.status_code == 400
    assert "W" in answer.get_json()["detail"]
    page = visitor.get("/reports", query_string={"week": week})
    assert page.status_code == 400
    assert 'role="alert"' in page.get_data(as_text=True)
    assert '<select class="field" name="week">' in page.get_data(as_text=True)


def test_the_page_shows_and_offers(house: tuple[Service, str], visitor: FlaskClient) -> None:
    text = visitor.get("/reports?week=").get_data(as_text=True)
    assert f"知识库周报 {house[1]}" in text
    assert '<a href="/a/refund-not-received">refund-not-received</a>' in text
    assert text.count('role="img"') >= 6
    assert " style=" not in text
    assert 'rel="prev"' not in text
    assert "历史从" in text


def test_every_form_can_be_downloaded(house: tuple[Service, str], visitor: FlaskClient) -> None:
    for form, begins in (("md", b"## "), ("csv", b"\xef\xbb\xbf"), ("html", b"\n<!doctype html>"), ("xlsx", b"PK")):
        answer = visitor.get("/reports/file", query_string={"week": house[1], "format": form})
        assert answer.status_code == 200
        assert answer.data.startswith(begins), answer.data[:20]
        assert answer.headers["Content-Type"].count("charset") == (form != "xlsx")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="zhida-{house[1]}.{form}"'
    assert load_workbook(io.BytesIO(answer.data)).sheetnames[0] == "本周概要"
    for wrong in ("pdf", ""):
        assert visitor.get("/reports/file", query_string={"format": wrong}).status_code == 400
