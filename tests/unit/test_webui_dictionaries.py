"""The dictionaries in the browser: findings at the line, a preview, saving, two who write at once."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.config import Settings
from kb.service import Service
from tests.unit.article_tree import write
from tests.unit.forms import csrf_token, submit
from tests.unit.html_page import Page
from tests.unit.signed_in import browser_of, with_people
from tests.unit.test_webui_history import page

ADDRESS = "/dictionaries"


@pytest.fixture
def service(small: Settings) -> Service:
    write(small.articles, "_dict/synonyms.txt", "发票 收据\n")
    return with_people(small)


@pytest.fixture
def boss(service: Service) -> FlaskClient:
    return browser_of(service, "boss")


def filled(client: FlaskClient, **changes: str) -> dict[str, str]:
    """The form as it comes, with ``changes`` to the text areas."""
    shown = page(client, ADDRESS)
    hidden = {tag.get("name"): tag.get("value") for tag in shown.find("input") if tag.get("type") == "hidden"}
    areas = {tag.get("name"): "".join(tag.pieces)[1:] for tag in shown.find("textarea")}
    return hidden | areas | {f"{name}.txt": text for name, text in changes.items()}


def sent(client: FlaskClient, action: str, fields: dict[str, str], status: int = 200) -> Page:
    fields = {name: value for name, value in fields.items() if name != "csrf"}
    answer = submit(client, ADDRESS, **fields | {"action": action})  # type: ignore[arg-type]
    assert answer.status_code == status
    return page(client, answer.location) if status == 303 else Page(answer.get_data(as_text=True))


def test_what_is_wrong_stands_at_its_line_and_what_was_written_is_not_lost(boss: FlaskClient) -> None:
    shown = sent(boss, "save", filled(boss, synonyms="发票 收据\r\n孤零零\r\n"), 422)
    (finding,) = shown.find("li", "error")
    assert finding.text.startswith("第 2 行")
    assert "孤零零" in next(tag.text for tag in shown.find("textarea") if tag.get("name") == "synonyms.txt")
    assert "孤零零" not in filled(boss)["synonyms.txt"]


def test_a_preview_shows_what_would_change_and_saves_nothing(boss: FlaskClient) -> None:
    shown = sent(boss, "preview", filled(boss, stopwords="退款\r\n"))
    assert "1 个查询里，1 个的查法会变" in shown.text()
    assert "未收到货退款" in [tag.text for tag in shown.find("h3")]
    assert filled(boss)["stopwords.txt"] == ""


def test_what_is_saved_is_said_and_can_be_loaded_again(boss: FlaskClient, small: Settings) -> None:
    shown = sent(boss, "save", filled(boss, synonyms="发票 收据 票据\r\n") | {"note": "客户的说法"}, 303)
    assert "已保存" in shown.text()
    assert (small.articles / "_dict/synonyms.txt").read_bytes() == "发票 收据 票据\n".encode()
    assert "客户的说法" in shown.text()
    first = [href for href in shown.hrefs() if "load=" in href][-1]
    loaded = page(boss, first)
    assert "还没有保存" in loaded.text()
    assert next(tag.text for tag in loaded.find("textarea") if tag.get("name") == "synonyms.txt") == "发票 收据"
    assert "没有变化" in sent(boss, "save", filled(boss), 303).text()


def test_the_second_to_save_keeps_what_they_wrote(boss: FlaskClient, small: Settings) -> None:
    mine = filled(boss, synonyms="发票 票据\r\n")
    write(small.articles, "_dict/synonyms.txt", "发票 凭证\n")
    shown = sent(boss, "save", mine, 409)
    assert "在你打开之后又改过" in shown.text()
    assert "发票 票据" in next(tag.text for tag in shown.find("textarea") if tag.get("name") == "synonyms.txt")
    assert (small.articles / "_dict/synonyms.txt").read_text(encoding="utf-8") == "发票 凭证\n"


def test_who_may_edit_them(service: Service) -> None:
    assert browser_of(service, "").get(ADDRESS).location.startswith("/login")
    assert browser_of(service, "王芳").get(ADDRESS).status_code == 403
    assert submit(browser_of(service, "王芳"), ADDRESS, action="save").status_code == 403


def test_a_program_reads_previews_and_saves(boss: FlaskClient, small: Settings) -> None:
    def post(path: str, **body: str) -> TestResponse:
        return boss.post(f"/api/v1/dictionaries{path}", json=body, headers={"X-CSRF-Token": csrf_token(boss)})

    items = {item["name"]: item for item in boss.get("/api/v1/dictionaries").get_json()["items"]}
    texts = {"terms": "", "synonyms": "发票 票据\n", "stopwords": "退款\n"}
    preview = post("/preview", **texts).get_json()
    assert [change["query"] for change in preview["changes"]] == ["未收到货退款"]
    seen = {"synonyms_revision": items["synonyms.txt"]["revision"]}
    assert post("", **texts, **seen).status_code == 204
    assert (small.articles / "_dict/synonyms.txt").read_text(encoding="utf-8") == "发票 票据\n"
    assert post("", **texts, **seen).status_code == 409
    assert post("", **texts | {"synonyms": "孤零零\n"}).status_code == 422
    assert post("", terms="").status_code == 400
