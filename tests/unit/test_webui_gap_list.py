"""Working through gaps and learned questions in the browser and by the API."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from kb.config import Settings
from kb.ports.accounts import AuditFilter
from kb.service import Service
from tests.callers import ANYBODY, OPERATOR
from tests.unit.forms import csrf_token, submit
from tests.unit.signed_in import browser_of, with_people
from tests.unit.test_webui_history import page

ID, QUERY, LEARNED = "refund-not-received", "包裹没影了", "快递好像丢了"


@pytest.fixture
def service(small: Settings) -> Service:
    service = with_people(small)
    for number, query in enumerate((QUERY, QUERY, "包裹没影儿了", "开户行是哪家")):
        service.desk(ANYBODY).report_gap(query, agent=f"s{number}", product="mall")
    for person in range(3):
        service.desk(ANYBODY).record_event(
            "pick", ID, f"cookie {person}", LEARNED, position=2, origin=f"10.0.0.{person}"
        )
    service.learn()
    return service


@pytest.fixture
def editor(service: Service) -> FlaskClient:
    return browser_of(service, "王芳")


@pytest.fixture
def file(small: Settings) -> Path:
    return small.articles / "mall/refund/refund-not-received.md"


def listed(client: FlaskClient, address: str = "/gaps") -> list[str]:
    return [tag.text for tag in page(client, address).find("h2") if tag.text not in ("快捷键", "从使用中学到的问法")]


def test_what_is_missing_most_comes_first_and_opens_the_editor(editor: FlaskClient) -> None:
    shown = page(editor, "/gaps")
    assert listed(editor)[:2] == [QUERY, "开户行是哪家"]
    assert "报告 3 次" in shown.text()
    given = parse_qs(urlsplit(shown.link("写这条知识")).query)
    assert given == {"q": [QUERY, "包裹没影儿了"], "product": ["mall"]}


def test_an_answer_is_written_into_the_article_and_taken_out_again(editor: FlaskClient, file: Path) -> None:
    before = file.read_bytes()
    answer = submit(editor, "/gaps/verdicts", query=QUERY, decision="answered", id="", other=ID)
    assert answer.status_code == 303
    assert "并加进了它的相似问法" in page(editor, answer.location).text()
    assert QUERY not in listed(editor)
    assert QUERY in file.read_text(encoding="utf-8")
    assert submit(editor, "/gaps/verdicts", query=QUERY, decision="open").status_code == 303
    assert QUERY in listed(editor)
    assert file.read_bytes() == before


def test_what_is_ignored_can_be_had_back(editor: FlaskClient, service: Service) -> None:
    answer = submit(editor, "/gaps/verdicts", query=QUERY, decision="ignored")
    assert f"“{QUERY}”已忽略" in page(editor, answer.location).text()
    assert QUERY not in listed(editor)
    rows = service.access.audit.entries(OPERATOR, AuditFilter())
    assert ("gap.ignore", "王芳", "") in [(row.action, row.actor, row.target) for row in rows]


def test_what_cannot_be_is_said_on_the_page(editor: FlaskClient) -> None:
    for fields, told in (
        ({"decision": "answered", "other": "no-such"}, "没有编号为“no-such”"),
        ({"decision": "answered"}, "缺少 id"),
        ({"decision": "open"}, "还没有处理过"),
    ):
        answer = submit(editor, "/gaps/verdicts", {"Sec-Fetch-Site": "same-origin"}, query=QUERY, **fields)
        assert answer.status_code == 400
        assert told in answer.get_data(as_text=True)


def test_a_learned_question_is_accepted_and_taken_back_by_one_click(editor: FlaskClient, file: Path) -> None:
    before = file.read_bytes()
    answer = submit(editor, "/gaps/learned", query=LEARNED, id=ID, decision="accept")
    assert answer.status_code == 303
    assert LEARNED in file.read_text(encoding="utf-8")
    assert "已采纳" in page(editor, answer.location).text()
    submit(editor, "/gaps/learned", query=LEARNED, id=ID, decision="undo")
    assert file.read_bytes() == before
    submit(editor, "/gaps/learned", query=LEARNED, id=ID, decision="reject")
    assert LEARNED not in [tag.text for tag in page(editor, "/gaps").find("h3")]


def test_who_may_do_what(service: Service, file: Path) -> None:
    before = file.read_bytes()
    assert "忽略" not in {tag.text for tag in page(browser_of(service, ""), "/gaps").find("button")}
    assert submit(browser_of(service, ""), "/gaps/verdicts", query=QUERY, decision="ignored").status_code == 401
    for name in ("李雷", "吴敏"):
        client = browser_of(service, name)
        assert submit(client, "/gaps/verdicts", query=QUERY, decision="answered", id=ID).status_code == 403
        assert submit(client, "/gaps/learned", query=LEARNED, id=ID, decision="accept").status_code == 403
        assert "加进相似问法" not in {tag.text for tag in page(client, "/gaps").find("button")}
    assert file.read_bytes() == before


def test_a_program_lists_and_decides(editor: FlaskClient, service: Service) -> None:
    def open_gaps() -> list[str]:
        return [item["query"] for item in editor.get("/api/v1/gaps").get_json()["items"]]

    def decide(**body: str) -> int:
        return editor.post("/api/v1/gaps/verdicts", json=body, headers={"X-CSRF-Token": csrf_token(editor)}).status_code

    (item, _) = editor.get("/api/v1/gaps").get_json()["items"]
    assert (item["queries"], item["reports"], item["products"]) == ([QUERY, "包裹没影儿了"], 3, ["mall"])
    assert decide(query=QUERY, decision="ignored") == 204
    assert open_gaps() == ["开户行是哪家"]
    everything = editor.get("/api/v1/gaps?status=all").get_json()["items"]
    assert next(item["verdict"] for item in everything if item["query"] == QUERY)["by"] == "王芳"
    assert decide(query=QUERY, decision="open") == 204
    assert open_gaps() == [QUERY, "开户行是哪家"]
    assert decide(query=QUERY, decision="answered") == 400
    assert editor.get("/api/v1/gaps?status=some").status_code == 400


def test_publishing_the_answer_settles_the_gap(editor: FlaskClient, service: Service, file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("questions:", f"questions:\n  - {QUERY}", 1)
    desk = service.desk(OPERATOR)
    desk.editing.publish(ID, text, desk.editing.open(ID).revision)
    assert listed(editor)[:1] == ["开户行是哪家"]
    assert QUERY in text
