"""Errors: the right status, a page for people, problem+json for programs, details for the log only."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient

from kb import errors
from kb.service import Service
from tests.unit.html_page import Page
from webui import create_app

PRIVATE = "/srv/private/zhida.db"

CASES = [
    (errors.QueryError("查询太长，请只保留关键词。"), 400, "查询太长，请只保留关键词。"),
    (errors.ArticleNotFound("x-1"), 404, "没有编号为“x-1”的知识条目"),
    (errors.EngineError(PRIVATE), 503, "高频问题、分类浏览和输入联想仍可使用"),
    (errors.IndexMissing(PRIVATE), 503, "高频问题、分类浏览和输入联想仍可使用"),
    (errors.StoreBusy(PRIVATE), 503, "数据库暂时不可用"),
    (errors.KbError(PRIVATE), 500, "请把请求编号告诉管理员"),
    (RuntimeError(PRIVATE), 500, "请把请求编号告诉管理员"),
]


def client_that_raises(service: Service, error: Exception) -> FlaskClient:
    """A browser on an application with a page and an API address that fail."""
    app = create_app(service)

    def fail() -> str:
        raise error

    app.add_url_rule("/fail", view_func=fail)
    app.add_url_rule("/api/v1/fail", view_func=fail, endpoint="api-fail")
    return app.test_client()


@pytest.mark.parametrize(("error", "status", "told"), CASES, ids=lambda case: type(case).__name__)
def test_a_program_gets_problem_json(
    service: Service, caplog: pytest.LogCaptureFixture, error: Exception, status: int, told: str
) -> None:
    with caplog.at_level(logging.WARNING):
        response = client_that_raises(service, error).get("/api/v1/fail")
    problem = response.get_json(force=True)
    assert response.mimetype == "application/problem+json"
    assert (response.status_code, problem["status"], problem["instance"]) == (status, status, "/api/v1/fail")
    assert told in problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-Id"]
    assert response.headers.get("Retry-After") == ("5" if status == 503 else None)
    assert PRIVATE not in response.get_data(as_text=True)
    if status >= 500:
        assert problem["request_id"] in caplog.text
        assert PRIVATE in caplog.text
    else:
        assert not caplog.records


@pytest.mark.parametrize(("error", "status", "told"), CASES, ids=lambda case: type(case).__name__)
def test_a_person_gets_a_page(service: Service, error: Exception, status: int, told: str) -> None:
    response = client_that_raises(service, error).get("/fail")
    page = Page(response.get_data(as_text=True))
    assert response.status_code == status
    assert told in page.text()
    assert response.headers["X-Request-Id"] in page.text()
    assert response.headers.get("Retry-After") == ("5" if status == 503 else None)
    assert {"/", "/browse"} <= set(page.hrefs())
    for hidden in (PRIVATE, "Traceback", "RuntimeError"):
        assert hidden not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("method", "address", "status", "told"),
    [
        ("GET", "/nope", 404, "没有这个地址"),
        ("GET", "/api/v1/nope", 404, "没有这个地址"),
        ("DELETE", "/browse", 405, "见响应头 Allow"),
        ("PUT", "/api/v1/events", 405, "见响应头 Allow"),
        ("POST", "/api/v1/events", 415, "Content-Type: application/json"),
    ],
)
def test_http_errors_speak_chinese(client: FlaskClient, method: str, address: str, status: int, told: str) -> None:
    response = client.open(address, method=method, headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status_code == status
    text = response.get_data(as_text=True)
    assert told in (response.get_json(force=True)["detail"] if "/api/" in address else Page(text).text())
    assert ("Allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("address", ["/healthz?x=1", "/openapi.json?q=%ff", "/api/v1/faq?x=1"])
def test_addresses_for_programs_never_answer_with_a_page(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert response.get_json(force=True)["request_id"] == response.headers["X-Request-Id"]


def test_every_request_has_an_id_of_its_own(client: FlaskClient) -> None:
    assert len({client.get("/nope").headers["X-Request-Id"] for _ in range(5)}) == 5
