"""The editor's routes as a browser without JavaScript, and as its scripts, use them; who may and who may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.config import Settings
from kb.editing.form import form_of, sent_fields
from kb.service import Service
from tests.unit.access_desk import GOOD, ROOT, Clock, staffed
from tests.unit.article_tree import ARTICLE, CHANNELS
from tests.unit.forms import HERE, csrf_token, log_in
from tests.unit.html_page import Page
from tests.unit.signed_in import browser_of, with_people
from webui import create_app

ID = "refund-not-received"
PATH = f"/edit/{ID}"
JSON = {"Accept": "application/json", **HERE}


@pytest.fixture
def staff(small: Settings) -> Service:
    return staffed(small, Clock())


@pytest.fixture
def anybody(staff: Service) -> FlaskClient:
    return create_app(staff).test_client()


@pytest.fixture
def boss(staff: Service) -> FlaskClient:
    """The administrator's browser."""
    client = create_app(staff).test_client()
    log_in(client, "boss", GOOD)
    return client


@pytest.fixture
def wang(staff: Service) -> FlaskClient:
    """An editor's who may not publish."""
    client = create_app(staff).test_client()
    log_in(client, "小王", GOOD)
    return client


@pytest.fixture
def file(small: Settings) -> Path:
    return small.articles / "mall/refund/refund-not-received.md"


def page_of(client: FlaskClient, path: str = PATH) -> Page:
    response = client.get(path)
    assert response.status_code == 200
    return Page(response.get_data(as_text=True))


def seen(client: FlaskClient) -> dict[str, str]:
    """The hidden fields of the article's form."""
    fields = {tag.get("name"): tag.get("value") for tag in page_of(client).find("input")}
    return {name: fields[name] for name in ("draft", "file", "mode")}


def send(
    client: FlaskClient, changes: dict[str, Any], hidden: dict[str, str], headers: dict[str, str] = HERE
) -> TestResponse:
    """Change fields of the article's form and send it."""
    fields = {**sent_fields(form_of(ARTICLE, CHANNELS), CHANNELS), **changes, **hidden, "csrf": csrf_token(client)}
    return client.post(PATH, data=fields, headers=headers, content_type="multipart/form-data")


def test_who_may_not_edit_is_asked_to_log_in_or_refused(anybody: FlaskClient, wang: FlaskClient, file: Path) -> None:
    for path in (PATH, "/edit"):
        assert anybody.get(path).status_code in (302, 401)
        answer = anybody.post(path, data={"csrf": csrf_token(anybody), "title": "写了很多"}, headers=HERE)
        assert answer.status_code == 401
        assert "写了很多" in answer.get_data(as_text=True), "nothing of what was sent is lost"
    answer = send(wang, {"action": "publish", "title": "新的标题"}, seen(wang))
    assert answer.status_code == 403
    assert "新的标题" in answer.get_data(as_text=True)
    assert file.read_text(encoding="utf-8") == ARTICLE


def test_without_its_token_nothing_is_saved(boss: FlaskClient, file: Path) -> None:
    assert boss.post(PATH, data={"action": "publish", **seen(boss)}, headers=HERE).status_code == 403
    assert file.read_text(encoding="utf-8") == ARTICLE


def test_an_unchanged_form_publishes_the_same_bytes(boss: FlaskClient, file: Path) -> None:
    windows = ("\ufeff" + ARTICLE).replace("\n", "\r\n").encode()
    file.write_bytes(windows)
    boss.application.extensions["service"].index()
    answer = send(boss, {"action": "publish"}, seen(boss))
    assert answer.status_code == 303
    assert file.read_bytes() == windows


def test_scripts_get_json(boss: FlaskClient, anybody: FlaskClient) -> None:
    kept = send(boss, {"action": "draft", "title": "草稿标题"}, seen(boss), JSON)
    assert kept.json is not None
    assert kept.json["location"] is None
    assert kept.json["draft"] == seen(boss)["draft"]
    done = send(boss, {"action": "publish", "title": "草稿标题"}, seen(boss), JSON)
    assert done.json is not None
    assert done.json["location"] == f"/a/{ID}?published=1"
    again = send(anybody, {"action": "draft"}, {}, JSON)
    assert again.status_code == 401


def test_what_is_wrong_is_said_at_its_field(boss: FlaskClient) -> None:
    answer = send(boss, {"action": "publish", "title": "好", "weight": "很大"}, seen(boss), JSON)
    assert answer.status_code == 422
    assert answer.json is not None
    assert {problem["field"] for problem in answer.json["problems"]} >= {"title", "weight"}
    page = send(boss, {"action": "publish", "title": "好"}, seen(boss)).get_data(as_text=True)
    assert "至少要 2 个字" in page
    assert 'aria-invalid="true"' in page


def test_the_source_can_be_sent_as_a_whole(boss: FlaskClient, file: Path) -> None:
    source = ARTICLE.replace("kind: faq", "kind: guide\nfoo: bar").replace("\n", "\r\n")
    answer = send(boss, {"action": "publish", "source": source}, {**seen(boss), "mode": "source"})
    assert answer.status_code == 303
    assert file.read_text(encoding="utf-8") == source.replace("\r\n", "\n")


def test_a_file_that_is_no_form_opens_as_source(boss: FlaskClient) -> None:
    broken = {"action": "draft", "source": "---\nid: [\n---\n正文"}
    assert send(boss, broken, {**seen(boss), "mode": "source"}).status_code == 303
    page = page_of(boss)
    assert "只能在“源文件”里修改" in page.text()
    assert "正文" in next(tag.text for tag in page.find("textarea") if tag.get("name") == "source")


def test_a_stamp_of_the_reviewers_is_no_conflict(boss: FlaskClient, wang: FlaskClient, file: Path) -> None:
    """A draft was begun, then the article was confirmed: what is published has both."""
    send(wang, {"action": "draft", "contact": "值班群"}, seen(wang))
    stamped = ARTICLE.replace("verified: 2026-11-16", "verified: 2026-11-21")
    file.write_text(stamped, encoding="utf-8")
    boss.application.extensions["service"].index()
    page = page_of(boss)
    assert not [tag for tag in page.find("section") if "conflict" in (tag.get("class") or "")]
    answer = send(boss, {"action": "publish", "contact": "值班群", "minor": "on"}, seen(boss))
    assert answer.status_code == 303
    assert file.read_text(encoding="utf-8") == stamped.replace("created:", "contact: 值班群\ncreated:")


def test_who_saves_second_gets_both_and_chooses(boss: FlaskClient, file: Path) -> None:
    before = seen(boss)
    send(boss, {"action": "publish", "title": "先来的标题", "contact": "先来的群"}, before)
    answer = send(boss, {"action": "publish", "title": "后来的标题", "owner": "后来的部"}, before)
    assert answer.status_code == 409
    page = Page(answer.get_data(as_text=True))
    values = {tag.get("name"): tag.get("value") for tag in page.find("input")}
    assert (values["title"], values["contact"], values["owner"]) == ("后来的标题", "先来的群", "后来的部")
    assert "先来的标题" in page.text()
    chosen = {
        "action": "publish",
        "title": "后来的标题",
        "choose:title": "theirs",
        "contact": "先来的群",
        "owner": "后来的部",
    }
    again = {name: values[name] for name in ("draft", "file", "mode")}
    assert send(boss, chosen, again).status_code == 303
    text = file.read_text(encoding="utf-8")
    assert "title: 先来的标题\n" in text
    assert "owner: 后来的部\ncontact: 先来的群\n" in text


def test_a_preview_is_of_what_is_written_and_stores_nothing(boss: FlaskClient, file: Path) -> None:
    fields = {**sent_fields(form_of(ARTICLE, CHANNELS), CHANNELS), "script:": ["新话术"]}
    hidden = seen(boss)
    asked = {"id": ID, "fields": fields, "draft": hidden["draft"], "file": hidden["file"]}
    headers = {"X-CSRF-Token": csrf_token(boss), **HERE}
    shown = boss.post("/api/v1/preview", json=asked, headers=headers).get_json()
    assert shown["scripts"][0] == {"channel": None, "text": "新话术"}
    assert "查物流" in shown["html"]
    assert shown["fields"]["script:"] == ["新话术"]
    assert file.read_text(encoding="utf-8") == ARTICLE
    broken = boss.post("/api/v1/preview", json={"source": "---\nid: [\n---\n"}, headers=headers).get_json()
    assert broken["html"] is None
    assert "第 3 行" in broken["trouble"]


@pytest.mark.parametrize("body", [{}, {"source": "a", "fields": {}}, {"fields": {"a": "b"}}, {"fields": []}])
def test_a_preview_of_neither_or_both_is_refused(boss: FlaskClient, body: dict[str, object]) -> None:
    headers = {"X-CSRF-Token": csrf_token(boss), **HERE}
    assert boss.post("/api/v1/preview", json=body, headers=headers).status_code == 400


def test_previews_are_for_editors(anybody: FlaskClient) -> None:
    assert anybody.post("/api/v1/preview", json={"source": ARTICLE}).status_code == 401


def test_a_new_article_needs_a_place(boss: FlaskClient) -> None:
    fields = {"action": "publish", "title": "新的条目", "script:": "您好", "csrf": csrf_token(boss)}
    answer = boss.post("/edit", data=fields, headers=HERE)
    assert answer.status_code == 400
    assert "还没有选产品类型" in answer.get_data(as_text=True)
    made = boss.post("/edit", data={**fields, "product_title": "新产品", "scenario_title": "新场景"}, headers=HERE)
    assert made.status_code == 303
    assert boss.get(made.headers["Location"]).status_code == 200


def test_a_new_article_can_be_sent_as_a_whole(boss: FlaskClient, small: Settings) -> None:
    place = {"product": "mall", "scenario": "mall/refund"}
    source = ARTICLE.replace(ID, "written-by-hand")
    fields = {"action": "publish", "mode": "source", "source": source, "csrf": csrf_token(boss), **place}
    assert boss.post("/edit", data=fields, headers=HERE).status_code == 303
    assert (small.articles / "mall/refund/written-by-hand.md").read_text(encoding="utf-8") == source


def test_long_articles_can_be_edited(boss: FlaskClient, file: Path) -> None:
    steps = "很长的步骤。\n" * 26_450  # more than Flask takes by itself, less than the test client keeps in a file
    answer = send(boss, {"action": "publish", "section:处理步骤": steps}, seen(boss))
    assert answer.status_code == 303
    assert steps.strip() in file.read_text(encoding="utf-8")


def test_the_reason_is_kept_with_the_revision(boss: FlaskClient, staff: Service) -> None:
    send(boss, {"action": "publish", "title": "换个标题", "note": "客户不这么问"}, seen(boss))
    latest = staff.desk(ROOT).editing.revisions(ID)[0]
    assert (latest.edit.author, latest.edit.origin, latest.edit.note) == ("boss", "web", "客户不这么问")


def test_the_history_names_who_wrote_what_another_published(
    boss: FlaskClient, wang: FlaskClient, staff: Service
) -> None:
    send(wang, {"action": "draft", "title": "换个标题", "note": "客户不这么问"}, seen(wang))
    send(boss, {"action": "publish", "title": "换个标题", "note": "客户不这么问"}, seen(boss))
    latest = staff.desk(ROOT).editing.revisions(ID)[0].edit
    assert (latest.author, latest.note) == ("boss", "客户不这么问（小王起草）")
    send(boss, {"action": "draft", "title": "又换", "note": "自己写的"}, seen(boss))
    send(boss, {"action": "publish", "title": "又换", "note": "自己写的"}, seen(boss))
    assert staff.desk(ROOT).editing.revisions(ID)[0].edit.note == "自己写的"


def test_a_draft_brings_its_reason_along_and_shows_on_the_articles_page(boss: FlaskClient, wang: FlaskClient) -> None:
    send(wang, {"action": "draft", "title": "换个标题", "note": "客户不这么问"}, seen(wang))
    fields = {tag.get("name"): tag.get("value") for tag in page_of(boss).find("input")}
    assert fields["note"] == "客户不这么问"
    assert "小王" in page_of(boss, f"/a/{ID}").text()
    listed = page_of(boss, "/browse?status=draft").text()
    assert "网上商城 › 退款与退货" in listed
    assert "客户不这么问" in listed


def test_a_draft_can_be_discarded(boss: FlaskClient, wang: FlaskClient, file: Path) -> None:
    before = file.read_bytes()
    send(wang, {"action": "draft", "title": "换个标题"}, seen(wang))
    answer = send(boss, {"action": "discard"}, seen(boss))
    assert "草稿已丢弃" in page_of(boss, answer.location).text()
    assert page_of(boss, "/browse?status=draft").text().count("换个标题") == 0
    assert file.read_bytes() == before


def test_publishing_may_count_as_a_review_for_who_may_say_so(boss: FlaskClient, small: Settings, file: Path) -> None:
    assert [tag for tag in page_of(boss).find("input") if tag.get("name") == "verify"]
    assert send(boss, {"action": "draft", "title": "还是草稿", "verify": "on"}, seen(boss)).status_code == 303
    assert file.read_text(encoding="utf-8") == ARTICLE, "a draft is nobody's review"
    assert send(boss, {"action": "publish", "title": "新的标题", "verify": "on"}, seen(boss)).status_code == 303
    assert "verified_by: boss" in file.read_text(encoding="utf-8")


def test_editors_are_told_that_a_reviewer_will_look(small: Settings, file: Path) -> None:
    wang = browser_of(with_people(small), "王芳")
    shown = page_of(wang)
    assert "由审核人确认" in shown.text()
    assert not [tag for tag in shown.find("input") if tag.get("name") == "verify"]
    assert send(wang, {"action": "publish", "title": "新的标题", "verify": "on"}, seen(wang)).status_code == 303
    assert "verified_by: aftersales-lead" in file.read_text(encoding="utf-8"), "a box that was not offered"
