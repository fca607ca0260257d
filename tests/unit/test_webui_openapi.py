"""The API is what its documentation says: the document is current, complete, and real answers keep to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema

from kb.config import load_settings
from tests.conftest import indexed
from tests.unit.article_tree import make_tree
from tests.unit.html_page import Page
from webui import create_app

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
#: tests/unit/test_webui_checks.py asks as an editor;
#: a file has no example in the document; tests/unit/test_webui_images.py sends real ones
_NOT_FOR_ANYBODY = (
    "/api/v1/images",
    "/api/v1/check",
    "/api/v1/trial",
    "/api/v1/preview",
    "/api/v1/gaps/verdicts",
    "/api/v1/dictionaries",
)
WITH_EXAMPLES = [(path, method) for path, method in OPERATIONS if path not in _NOT_FOR_ANYBODY]
WITH_LIMITS = [
    (path, method)
    for path, method in OPERATIONS
    if "{" not in path and {"parameters", "requestBody"} & set(DOCUMENT["paths"][path][method])
]

#: names of products, owners … are data: the document can't say which ones are known today
NOT_PROMISED: list[Any] = [CHECKS.get_one("positive_data_acceptance")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A browser on one article, whose logs may be filled with nonsense."""
    folder = tmp_path_factory.mktemp("api")
    articles = make_tree(folder / "articles")
    service = indexed(
        load_settings(
            environ={}, overrides={"articles": str(articles), "data": str(folder / "data"), "semantic": "off"}
        )
    )
    return create_app(service).test_client()


@pytest.fixture(scope="module")
def documented(browser: FlaskClient) -> OpenApiSchema:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", browser.application)
    schema.config.checks.negative_data_rejection.expected_statuses.append("413")  # what is far too long isn't read
    return schema


def test_the_checked_in_document_is_the_one_that_is_served(client: FlaskClient) -> None:
    assert client.get("/openapi.json").json == DOCUMENT, "run make openapi"


def test_every_route_for_programs_is_documented(client: FlaskClient) -> None:
    rules = [rule.rule for rule in client.application.url_map.iter_rules()]
    for_programs = {
        rule.replace("<int:", "<").replace("<", "{").replace(">", "}")
        for rule in rules
        if rule.startswith(("/api/", "/healthz"))
    }
    assert for_programs == set(DOCUMENT["paths"])


def test_the_page_shows_every_route_with_its_parameters_and_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    html = client.get("/api").get_data(as_text=True)
    page = Page(html)
    for path, method in OPERATIONS:
        assert f"{method.upper()} {path}" in page.text()
        for parameter in DOCUMENT["paths"][path][method].get("parameters", []):
            assert parameter["description"] in page.text()
    assert "不超过 200 字" in page.text()
    assert "curl -G --data-urlencode 'q=没收到货' http://localhost/api/v1/search" in page.text()
    assert "curl -F file=@截图.png -F article=refund-not-received http://localhost/api/v1/images" in page.text()
    assert all(tag.get("src").startswith("/static/") for tag in page.find("script"))
    assert "https://" not in html


@pytest.mark.parametrize(("path", "method"), WITH_EXAMPLES)
def test_the_examples_of_the_document_work(browser: FlaskClient, path: str, method: str) -> None:
    operation = DOCUMENT["paths"][path][method]
    if "401" in operation["responses"] and method != "get":
        address = path.replace("{article_id}", "refund-not-received").replace("{number}", "1")
        answer = browser.open(address, method=method.upper(), json={})
        assert answer.status_code in (400, 401, 428), "nobody is logged in; test_webui_editing is"
        return
    if method == "post":
        (example,) = operation["requestBody"]["content"]["application/json"]["schema"]["examples"]
        expected = 200 if "200" in operation["responses"] else 204
        assert browser.post(path, json=example).status_code == expected
        return
    query = {p["name"]: p["example"] for p in operation.get("parameters", []) if p["in"] == "query"}
    if path.endswith("/reports/weekly"):
        query = {}  # there are no reports of weeks before the service was set up, which was just now
    path = path.replace("{article_id}", "refund-not-received").replace("{number}", "1")
    needs_login = "/draft" in path or "/revisions" in path
    assert browser.get(path, query_string=query).status_code == (401 if needs_login else 200)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/search", {"q": "退款"}),
        ("/api/v1/search", {"q": "没有的词"}),
        ("/api/v1/suggest", {"q": "tk"}),
        ("/api/v1/faq", {}),
        ("/api/v1/browse", {"scenario": "refund"}),
        ("/api/v1/stale", {"as_of": "2030-01-01"}),
        ("/healthz", {}),
    ],
)
def test_full_answers_keep_to_the_document(documented: OpenApiSchema, path: str, query: dict[str, str]) -> None:
    documented[path]["GET"].Case(query=query).call_and_validate(headers={"Accept-Encoding": "identity"})


def test_an_article_keeps_to_the_document(documented: OpenApiSchema) -> None:
    operation = documented["/api/v1/articles/{article_id}"]["GET"]
    operation.Case(path_parameters={"article_id": "refund-not-received"}).call_and_validate()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_sent_as_documented_is_answered_as_documented(
    documented: OpenApiSchema, path: str, method: str, data: st.DataObject
) -> None:
    case = data.draw(documented[path][method.upper()].as_strategy())
    case.call_and_validate(headers={"Accept-Encoding": "identity"}, excluded_checks=NOT_PROMISED)


@pytest.mark.parametrize(("path", "method"), WITH_LIMITS)
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_not_as_documented_is_refused_as_documented(
    documented: OpenApiSchema, path: str, method: str, data: st.DataObject
) -> None:
    case = data.draw(documented[path][method.upper()].as_strategy(generation_mode=GenerationMode.NEGATIVE))  # type: ignore[arg-type]
    case.call_and_validate(headers={"Accept-Encoding": "identity"})
