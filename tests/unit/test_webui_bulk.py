"""One change to many articles in the browser: seen before it is made, told one by one, taken back as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.config import Settings
from kb.service import Service
from tests.callers import OPERATOR
from tests.unit.article_tree import ARTICLE, write
from tests.unit.forms import HERE, submit
from tests.unit.html_page import Page
from tests.unit.signed_in import browser_of, with_people
from tests.unit.test_webui_history import page

ID = "refund-not-received"


@pytest.fixture
def service(small: Settings) -> Service:
    write(small.articles, "pay/_index.md", "---\ntitle: 支付\nowner: 支付业务部\n---\n")
    write(small.articles, "pay/card/_index.md", "---\ntitle: 银行卡\n---\n")
    write(small.articles, "pay/card/card.md", ARTICLE.replace(ID, "card"))
    return with_people(small)


@pytest.fixture
def editor(service: Service) -> FlaskClient:
    return browser_of(service, "王芳")


@pytest.fixture
def file(small: Settings) -> Path:
    return small.articles / "mall/refund/refund-not-received.md"


def test_of_a_large_house_a_part_is_chosen_from(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = browser_of(service, "boss")
    everything = ids(page(boss, "/bulk"))
    monkeypatch.setattr("webui.pages.longlists.MOST", 1)
    monkeypatch.setattr("webui.pages.longlists._OF_ONE_PLACE", 1)
    parts = [page(boss, f"/bulk?offset={offset}") for offset in range(len(everything))]
    assert sorted(everything) == ["card", ID]
    assert [ids(part) for part in parts] == [[one] for one in everything]
    assert parts[0].link("下一页") == "/bulk?offset=1"


def ids(page: Page) -> list[str]:
    return [box.get("value") for box in page.find("input") if box.get("name") == "id"]


def sent(client: FlaskClient, address: str = "/bulk", status: int = 200, **fields: str) -> Page:
    answer = submit(client, address, HERE, **fields)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return Page(answer.get_data(as_text=True))


def hidden(shown: Page, name: str) -> list[str]:
    return [tag.get("value") for tag in shown.find("input") if tag.get("name") == name]


def test_only_what_one_may_change_can_be_chosen(editor: FlaskClient, service: Service) -> None:
    assert hidden(page(editor, "/bulk"), "id") == [ID]
    assert hidden(page(browser_of(service, "boss"), "/bulk?product=pay"), "id") == ["card"]


def test_a_change_is_seen_made_and_taken_back(editor: FlaskClient, file: Path) -> None:
    before = file.read_bytes()
    shown = sent(editor, id=ID, change="tags:add", values="退款、双十一", action="preview")
    assert [tag.text for tag in shown.find("ins")] == ["退款、双十一"]
    assert file.read_bytes() == before
    assert hidden(shown, "id") == [ID]
    done = sent(editor, id=ID, change="tags:add", values="退款、双十一", note="大促", action="apply")
    assert "已修改 1 条。" in done.text()
    assert "双十一" in file.read_text(encoding="utf-8")
    assert "已撤销 1 条" in sent(editor, "/bulk/undo", done=hidden(done, "done")[0]).text()
    assert file.read_bytes() == before


def test_what_is_not_ones_own_is_said_and_stays(editor: FlaskClient, small: Settings) -> None:
    other = small.articles / "pay/card/card.md"
    before = other.read_bytes()
    shown = sent(editor, id="card", change="owner:set", values="售后业务部", action="preview")
    assert "属于“支付业务部”，不归你负责。" in shown.text()
    assert "1 条没有改" in sent(editor, id="card", change="owner:set", values="售后业务部", action="apply").text()
    assert other.read_bytes() == before


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"change": "tags:add", "values": "退款"}, "还没有选知识"),
        ({"id": ID, "change": "tags:add", "values": " "}, "还没有填"),
        ({"id": ID, "change": "owner:set", "values": "甲、乙"}, "只能整个换成一个值"),
        ({"id": ID, "change": "body:set", "values": "甲"}, "批量修改只能改"),
    ],
)
def test_what_cannot_be_is_said(editor: FlaskClient, fields: dict[str, str], told: str) -> None:
    assert told in sent(editor, status=400, action="apply", **fields).text()


def test_who_may_not_publish_changes_nothing(service: Service, file: Path) -> None:
    before = file.read_bytes()
    for name, status in (("", 401), ("吴敏", 403)):
        sent(browser_of(service, name), status=status, id=ID, change="tags:set", values="甲", action="apply")
        sent(browser_of(service, name), "/bulk/undo", status=status, done=f"{ID}:1")
    assert file.read_bytes() == before


def test_an_undo_that_was_tampered_with_is_refused(editor: FlaskClient) -> None:
    sent(editor, "/bulk/undo", status=400, done="x")


def test_lists_of_drafts_and_of_what_is_archived(editor: FlaskClient, service: Service, file: Path) -> None:
    assert submit(editor, f"/a/{ID}/manage", action="archive", note="停了").status_code == 303
    service.index()
    assert f"/a/{ID}" in page(editor, "/browse?status=archived").hrefs()
    assert "王芳" in page(editor, "/browse?status=archived").text()
    source = service.desk(OPERATOR).editing.open(ID).source
    service.desk(OPERATOR).editing.save_draft(ID, source + "新的一段。\n", "")
    shown = page(editor, "/browse?status=draft")
    assert f"/edit/{ID}" in shown.hrefs()
    assert browser_of(service, "").get("/browse?status=draft").location.startswith("/login")


def test_the_form_begins_empty(editor: FlaskClient) -> None:
    fields = {tag.get("name"): tag.get("value") for tag in page(editor, "/bulk").find("input")}
    assert fields["values"] == ""
