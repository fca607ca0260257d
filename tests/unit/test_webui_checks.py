"""Checks before saving and trying a question, as the editor asks for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb.checking.checker import MOST_FINDINGS
from kb.config import load_settings
from kb.model import Caller, Role, Via
from kb.service import Service
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE, make_tree, write
from webui import create_app, current

EDITOR = Caller("wang", Role.EDITOR, frozenset({"售后业务部"}), True, Via.SESSION)
OTHER_EDITOR = Caller("li", Role.EDITOR, frozenset({"物流业务部"}), True, Via.SESSION)
ANYBODY = Caller.anonymous(Role.AGENT)
PLACE: dict[str, Any] = {"product": "mall", "scenario": "refund"}
OTHER = "---\nid: late\ntitle: 退货期限\nquestions: [几天能退]\n---\n## 标准话术\n签收后七天内可以退。\n"
As = Callable[[Caller], FlaskClient]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("checks")
    articles = make_tree(folder / "articles")
    write(articles, "mall/refund/late.md", OTHER)
    write(
        articles,
        "mall/refund/refund-not-received.md",
        ARTICLE.replace("您好，可以退款。", "您好，签收后 7 天内可以退款。"),
    )
    overrides = {"articles": str(articles), "data": str(folder / "data"), "semantic": "off"}
    return indexed(load_settings(environ={}, overrides=overrides))


@pytest.fixture
def browser(service: Service, monkeypatch: pytest.MonkeyPatch) -> As:
    """A browser on the application whose user is whoever the test says."""

    def of(caller: Caller) -> FlaskClient:
        monkeypatch.setattr(current, "caller", lambda: caller)
        return create_app(service).test_client()

    return of


def ask(client: FlaskClient, route: str, status: int = 200, **body: Any) -> Any:
    answer = client.post(f"/api/v1/{route}", json=body)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def problems(found: Any) -> dict[str, str]:
    return {problem["field"]: problem["message"] for problem in found["problems"]}


def test_each_problem_is_at_its_field(browser: As) -> None:
    source = "---\nid: new-one\ntitle: 新条目\nchannels: [微博]\nvalid_to: 明天\n---\n## 标准话术\n您好。\n"
    found = ask(browser(EDITOR), "check", source=source, **PLACE)
    assert not found["valid"]
    assert set(problems(found)) == {"channels", "valid_to"}
    assert {problem["line"] for problem in found["problems"]} == {4, 5}


def test_what_weakens_an_article_is_at_its_section(browser: As) -> None:
    source = (
        f"---\nid: new-one\ntitle: 新条目\nrelated: [nobody]\nupdated: 2999-01-01\n---\n## 标准话术\n{'好' * 301}\n"
        "### 电话\n您好{{谁知道}}。\n## 处理步骤\n1. 2020年1月1日前处理。\n"
    )
    found = ask(browser(EDITOR), "check", source=source, **PLACE)
    assert found["valid"]
    assert set(problems(found)) == {"related", "updated", "script:", "script:电话", "section:处理步骤"}
    assert found["scripts"] == [
        {"channel": None, "characters": 301, "limit": 300},
        {"channel": "电话", "characters": 10, "limit": None},
    ]


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ("---\ntitle: 没有编号\n---\n", "id"),
        ("---\nid: new-one\n---\n", "title"),
        ("没有文件头", "source"),
        ("---\nid: late\ntitle: 别人的编号\n---\n## 标准话术\n好。\n", "id"),
    ],
)
def test_what_is_missing_or_taken_is_at_its_field(browser: As, source: str, field: str) -> None:
    found = ask(browser(EDITOR), "check", source=source, **PLACE)
    assert not found["valid"]
    assert field in problems(found)


def test_who_has_the_question_already_is_named(browser: As) -> None:
    source = "---\nid: new-one\ntitle: 新条目\nquestions: [几天能退？]\n---\n## 标准话术\n好。\n"
    found = ask(browser(EDITOR), "check", source=source)["duplicates"]
    assert found == [
        {"question": "几天能退？", "id": "late", "title": "退货期限", "wording": "几天能退", "kind": "same"}
    ]


def test_where_the_old_number_still_stands_is_listed(browser: As, service: Service) -> None:
    source = (service.system.articles / "mall/refund/refund-not-received.md").read_text(encoding="utf-8")
    changed = source.replace("7 天", "15 天")
    (fact,) = ask(browser(EDITOR), "check", source=changed, id="refund-not-received", **PLACE)["changed_facts"]
    (place,) = fact.pop("places")
    assert fact == {"kind": "quantity", "old": "7 天", "new": "15 天", "articles": 1}
    assert (place["id"], place["where"], place["draft"]) == ("late", "标准话术", False)
    assert place["text"][place["start"] : place["end"]] == "七天"


def test_a_question_is_tried_on_what_is_not_saved(browser: As, service: Service) -> None:
    client = browser(EDITOR)
    source = "---\nid: new-one\ntitle: 运费谁出\n---\n## 标准话术\n您好，运费我们出。\n"
    found = ask(client, "trial", source=source, query="运费谁出", **PLACE)
    assert (found["rank"], found["why"]) == (1, "")
    assert found["hits"][0]["id"] == "new-one"
    other = ask(client, "trial", source=source, query="几天能退", **PLACE)
    assert other["rank"] is None
    assert other["hits"][0]["id"] == "late"
    assert other["why"]
    broken = ask(client, "trial", source="没有文件头", query="运费谁出", **PLACE)
    assert broken["rank"] is None
    assert "不符合格式" in broken["why"]
    assert "new-one" not in service.system.engine.revisions()


@pytest.mark.parametrize("route", ["check", "trial"])
@pytest.mark.parametrize(
    ("caller", "article_id", "status"),
    [
        (ANYBODY, None, 401),
        (OTHER_EDITOR, "refund-not-received", 403),
        (OTHER_EDITOR, None, 200),
        (EDITOR, "refund-not-received", 200),
    ],
)
def test_only_who_may_edit_the_article_is_answered(
    browser: As, route: str, caller: Caller, article_id: str | None, status: int
) -> None:
    asked = {"query": "退款"} if route == "trial" else {}
    ask(browser(caller), route, status, source=ARTICLE, id=article_id, **PLACE, **asked)


def test_writing_never_walks_the_tree(browser: As, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser(EDITOR)

    def refuse(path: object) -> None:
        raise AssertionError(f"{path} was listed")

    monkeypatch.setattr(os, "scandir", refuse)
    assert ask(client, "check", source=ARTICLE, id="refund-not-received", **PLACE)["valid"]
    assert ask(client, "trial", source=ARTICLE, id="refund-not-received", query="退款", **PLACE)["rank"] == 1


def test_of_thousands_of_findings_some_are_listed(browser: As) -> None:
    lines = "".join(f"### 渠道{number}\n**加粗**\n" for number in range(5_000))
    found = ask(browser(EDITOR), "check", source=f"---\nid: new-one\ntitle: 新条目\n---\n## 标准话术\n{lines}", **PLACE)
    assert len(found["problems"]) == MOST_FINDINGS


def test_a_megabyte_is_answered_and_more_is_refused(browser: As) -> None:
    client = browser(EDITOR)
    line = "7 天内可退，24 小时内回复，拨打 400-820-8820。\n"
    body = line * (1024 * 1024 // len(line.encode()) - 10)
    assert "valid" in ask(client, "check", source=ARTICLE + body, id="refund-not-received", **PLACE)
    ask(client, "check", 413, source="x" * (3 * 1024 * 1024), **PLACE)


@pytest.mark.parametrize("folder", [{"product": "../etc", "scenario": "a"}, {"product": "mall", "scenario": "退款"}])
def test_a_folder_that_can_not_be_is_refused(browser: As, folder: dict[str, Any]) -> None:
    ask(browser(EDITOR), "check", 400, source=ARTICLE, **folder)
