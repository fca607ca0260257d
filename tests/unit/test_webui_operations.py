"""Moving, renaming, archiving and deleting in the browser; links to what is gone say so to those who may know."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.config import Settings
from kb.service import Service
from tests.unit.article_tree import ARTICLE, write
from tests.unit.forms import HERE, submit
from tests.unit.signed_in import browser_of, with_people
from tests.unit.test_webui_history import page

ID = "refund-not-received"
MANAGE = f"/a/{ID}/manage"


@pytest.fixture
def service(small: Settings) -> Service:
    write(small.articles, "mall/delivery/_index.md", "---\ntitle: 物流\nowner: 售后业务部\n---\n")
    return with_people(small)


@pytest.fixture
def file(small: Settings) -> Path:
    return small.articles / "mall/refund/refund-not-received.md"


@pytest.fixture
def editor(service: Service) -> FlaskClient:
    return browser_of(service, "王芳")


def followed(client: FlaskClient, service: Service, **fields: str) -> str:
    """Do something with the article; where that leads to."""
    answer = submit(client, MANAGE, HERE, **fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    service.index()
    service.refresh()
    return str(answer.location)


def test_an_article_moves_to_another_scenario_and_keeps_every_byte(
    editor: FlaskClient, service: Service, small: Settings
) -> None:
    write(small.articles, "mall/delivery/other.md", ARTICLE.replace("id: refund-not-received", "id: other"))
    service.index()
    service.refresh()
    location = followed(editor, service, action="move", scenario="mall/delivery")
    assert "已移动" in page(editor, location).text()
    assert (small.articles / "mall/delivery/refund-not-received.md").read_text(encoding="utf-8") == ARTICLE


def test_an_article_moves_to_a_scenario_that_is_made_for_it(
    editor: FlaskClient, service: Service, small: Settings
) -> None:
    """Where no scenario says otherwise, the article is the business of the product's department."""
    asked = {"action": "move", "scenario": "", "product": "mall", "scenario_title": "预售与定金"}
    assert submit(editor, MANAGE, HERE, **asked).status_code == 403
    followed(browser_of(service, "boss"), service, **asked)
    (made,) = small.articles.glob("mall/*/refund-not-received.md")
    assert "title: 预售与定金" in (made.parent / "_index.md").read_text(encoding="utf-8")


def test_links_to_the_old_id_lead_to_the_new_one(editor: FlaskClient, service: Service) -> None:
    location = followed(editor, service, action="rename", new_id="parcel-lost")
    assert "编号已改" in page(editor, location).text()
    answer = browser_of(service, "").get(f"/a/{ID}?channel=微信")
    assert (answer.status_code, answer.location) == (302, "/a/parcel-lost?channel=%E5%BE%AE%E4%BF%A1")


def test_an_archived_article_says_so_and_can_be_taken_back(editor: FlaskClient, service: Service) -> None:
    location = followed(editor, service, action="archive", note="活动已结束")
    shown = page(browser_of(service, ""), location, status=410)
    assert "这条知识已归档，不要再用它的话术。" in shown.text()
    assert "王芳：活动已结束" in shown.text()
    assert "恢复使用" not in shown.text()
    assert "恢复使用" in page(editor, location, status=410).text()
    assert "已恢复使用" in page(editor, followed(editor, service, action="unarchive")).text()


def test_a_deleted_article_says_so_and_comes_back_byte_for_byte(
    editor: FlaskClient, service: Service, file: Path
) -> None:
    location = followed(editor, service, action="delete", note="重复了")
    assert not file.exists()
    shown = page(editor, location, status=410)
    assert "这条知识已删除，不要再用它的话术。" in shown.text()
    (number,) = [tag.get("value") for tag in shown.find("input") if tag.get("name") == "number"]
    assert submit(editor, f"/a/{ID}/history/undo", number=number).status_code == 303
    assert file.read_text(encoding="utf-8") == ARTICLE


def test_the_history_of_a_deleted_article_stays(editor: FlaskClient, service: Service) -> None:
    followed(editor, service, action="delete")
    shown = page(editor, f"/a/{ID}/history")
    assert "删除" in [tag.text.split()[0] for tag in shown.find("td") if tag.text]


def test_who_overlooked_another_change_is_told_and_nothing_happens(editor: FlaskClient, file: Path) -> None:
    answer = submit(editor, MANAGE, action="delete", revision="0" * 64)
    assert answer.status_code == 409
    assert "在你打开之后又改过" in answer.get_data(as_text=True)
    assert file.exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"action": "move", "scenario": "mall/refund"}, "已经在这个场景里"),
        ({"action": "move", "scenario": "", "product": "mall"}, "还没有选问题场景"),
        ({"action": "rename", "new_id": "../x"}, "只能用小写字母"),
    ],
)
def test_what_cannot_be_is_said_on_the_page(editor: FlaskClient, fields: dict[str, str], told: str) -> None:
    answer = submit(editor, MANAGE, HERE, **fields)
    assert answer.status_code == 409
    assert told in answer.get_data(as_text=True)


def test_who_may_do_it(service: Service, file: Path) -> None:
    assert submit(browser_of(service, ""), MANAGE, action="delete").status_code == 401
    for name in ("李雷", "吴敏"):
        assert submit(browser_of(service, name), MANAGE, action="delete").status_code == 403
        page(browser_of(service, name), MANAGE, status=403)
    assert file.exists()


def test_an_id_that_never_was_is_not_found(editor: FlaskClient) -> None:
    page(editor, "/a/never-was", status=404)
    page(editor, "/a/never-was/manage", status=404)
