"""The history of an article in the browser: versions, differences, the way back, reading as of a day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.config import Settings
from kb.service import Service
from tests.unit.article_tree import ARTICLE
from tests.unit.forms import submit
from tests.unit.html_page import Page
from tests.unit.signed_in import browser_of, with_people

ID = "refund-not-received"


@pytest.fixture
def service(small: Settings) -> Service:
    return with_people(small)


@pytest.fixture
def file(small: Settings) -> Path:
    return small.articles / "mall/refund/refund-not-received.md"


@pytest.fixture
def editor(service: Service, file: Path) -> FlaskClient:
    """王芳's browser, on an article that was changed in its file once."""
    file.write_text(ARTICLE.replace("可以退的。", "48 小时内退。"), encoding="utf-8")
    service.index()
    return browser_of(service, "王芳")


def page(client: FlaskClient, address: str, status: int = 200) -> Page:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return Page(answer.get_data(as_text=True))


def numbers(shown: Page) -> list[str]:
    return [tag.get("value") for tag in shown.find("input") if tag.get("name") == "new"]


def test_the_latest_two_versions_stand_side_by_side(editor: FlaskClient) -> None:
    shown = page(editor, f"/a/{ID}/history")
    assert [tag.text for tag in shown.find("del")] == ["可以退的。"]
    assert [tag.text for tag in shown.find("ins")] == ["48 小时内退。"]
    assert len(shown.find("tr")) == 3
    assert "直接改文件" in shown.text()
    assert shown.link("回到这条知识") == f"/a/{ID}"


def test_any_two_versions_can_be_chosen_whatever_their_order(editor: FlaskClient) -> None:
    new, old = numbers(page(editor, f"/a/{ID}/history"))
    shown = page(editor, f"/a/{ID}/history?old={new}&new={old}")
    assert [tag.text for tag in shown.find("del")] == ["可以退的。"]
    assert "两个版本内容相同" in page(editor, f"/a/{ID}/history?old={new}&new={new}").text()
    assert page(editor, f"/a/{ID}/history?old=999&new={new}", status=400)


def test_an_earlier_version_is_restored_with_a_reason(editor: FlaskClient, service: Service, file: Path) -> None:
    _, old = numbers(page(editor, f"/a/{ID}/history"))
    answer = submit(editor, f"/a/{ID}/history/restore", number=old, note="新规则推迟")
    assert answer.status_code == 303
    shown = page(editor, answer.location)
    assert "已恢复" in shown.text()
    assert {"王芳", "新规则推迟"} <= {tag.text for tag in shown.find("td")}
    assert "可以退的。" in file.read_text(encoding="utf-8")


def test_a_form_without_the_token_of_its_page_restores_nothing(editor: FlaskClient, file: Path) -> None:
    before = file.read_bytes()
    answer = editor.post(f"/a/{ID}/history/restore", data={"number": "1"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403
    assert file.read_bytes() == before


def test_who_may_see_and_restore(editor: FlaskClient, service: Service, file: Path) -> None:
    assert browser_of(service, "").get(f"/a/{ID}/history").location.startswith("/login")
    assert browser_of(service, "李雷").get(f"/a/{ID}/history").status_code == 403
    before, writer = file.read_bytes(), browser_of(service, "吴敏")
    _, old = numbers(page(writer, f"/a/{ID}/history"))
    assert submit(writer, f"/a/{ID}/history/restore", number=old).status_code == 403
    assert file.read_bytes() == before


def test_a_page_as_of_a_day_says_so_and_offers_nothing_to_send(editor: FlaskClient, service: Service) -> None:
    today = date.today()
    anybody = browser_of(service, "")
    shown = page(anybody, f"/a/{ID}?as_of={today}")
    assert f"这是 {today} 的内容，不是现在的。" in shown.text()
    assert "48 小时内退" in shown.text()
    assert not shown.find("button", "copy")
    assert not [tag for tag in shown.find("form") if tag.get("data-vote")]
    assert f"/a/{ID}" in shown.hrefs()
    lost = page(anybody, f"/a/{ID}?as_of={today - timedelta(days=3000)}", status=404)
    assert "那一天的内容查不到" in lost.text()
    assert lost.link("看这条知识现在的内容") == f"/a/{ID}"
    page(anybody, f"/a/{ID}?as_of=gestern", status=400)


def test_the_page_of_an_article_leads_those_to_its_history_who_may_edit_it(
    editor: FlaskClient, service: Service
) -> None:
    assert f"/a/{ID}/history" in page(editor, f"/a/{ID}").hrefs()
    assert f"/a/{ID}/history" not in page(browser_of(service, "李雷"), f"/a/{ID}").hrefs()
