"""Confirming by the link of a reminder: only by the button, once, for the text that was meant, in a reviewer's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.access.signing import Signer
from kb.config import Settings, load_settings
from kb.model import Role
from kb.notify.links import Links
from kb.ports.accounts import AuditFilter
from kb.service import Service
from kb.store.audit import AuditLog
from kb.store.confirm_links import ConfirmLinks
from kb.store.database import Database
from kb.store.secrets import server_key
from tests.unit.access_desk import GOOD, ROOT
from tests.unit.article_tree import ARTICLE, make_tree, write
from tests.unit.forms import HERE
from tests.unit.html_page import Page
from tests.unit.signed_in import with_people
from webui import create_app

ID, PATH = "refund-not-received", "mall/refund/refund-not-received.md"


class House:
    """A service with the reviewer 李审 of the article's department, and links in that name."""

    def __init__(self, folder: Path, **overrides: str) -> None:
        self.root = make_tree(folder / "articles")
        folders = {"articles": str(self.root), "data": str(folder / "data"), "semantic": "off"}
        self.settings: Settings = load_settings(environ={}, overrides={**folders, **overrides})
        self.service: Service = with_people(self.settings)
        self.accounts = self.service.access.accounts
        self.accounts.add(ROOT, "李审", Role.REVIEWER, GOOD, "李老师", frozenset({"售后业务部"}))
        self.database = Database(self.settings.database)
        self.app = create_app(self.service)

    def link(self, reviewer: str = "李审", ago: timedelta = timedelta(0), article_id: str = ID) -> str:
        """The path of a new link, made some time ago."""
        now: Callable[[], datetime] = lambda: datetime.now().astimezone() - ago  # noqa: E731
        links = Links(ConfirmLinks(self.database), Signer(server_key(self.database)), "", now)
        return links.make(article_id, self.service.system.catalog.revisions()[article_id][1], reviewer)

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def press(self, browser: FlaskClient, path: str) -> tuple[int, str]:
        """Open a link and press its button."""
        page = Page(browser.get(path).get_data(as_text=True))
        token = next(tag.get("content") for tag in page.find("meta") if tag.get("name") == "csrf")
        answer = browser.post(path, data={"csrf": token}, headers=HERE)
        return answer.status_code, answer.get_data(as_text=True)

    def text(self) -> str:
        return (self.root / PATH).read_text(encoding="utf-8")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_button_confirms_in_the_reviewers_name(house: House) -> None:
    status, page = house.press(house.browser(), house.link())
    assert status == 200
    assert "已确认有效，记在李老师名下" in page
    assert "verified_by: 李审" in house.text()
    assert f"verified: {datetime.now().date()}" in house.text()
    (entry,) = AuditLog(house.database).entries(AuditFilter(action="review.confirm"))
    assert (entry.actor, entry.via.value, entry.target) == ("李审", "link", ID)


def test_the_page_shows_what_would_be_confirmed(house: House) -> None:
    answer = house.browser().get(house.link())
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "您好，可以退款。" in page
    assert "以李老师的名义" in page


def test_opening_a_link_does_nothing(house: House) -> None:
    link = house.link()
    for _ in range(3):
        house.browser().get(link)
        house.browser().head(link)
    assert house.text() == ARTICLE
    assert house.press(house.browser(), link)[0] == 200, "and it is not used up"


def test_a_link_works_once(house: House) -> None:
    link = house.link()
    house.press(house.browser(), link)
    confirmed = house.text()
    assert house.press(house.browser(), link)[0] == 410
    assert house.text() == confirmed
    assert house.browser().get(link).status_code == 410
    assert "用过了" in house.browser().get(link).get_data(as_text=True)


def test_a_link_expires(house: House) -> None:
    assert house.press(house.browser(), house.link(ago=timedelta(days=7, hours=23)))[0] == 200
    link = house.link(ago=timedelta(days=8))
    assert "过期" in house.browser().get(link).get_data(as_text=True)
    assert house.press(house.browser(), link)[0] == 410


def test_forged_links(house: House) -> None:
    link = house.link()
    number, signature = re.fullmatch(r"/confirm/(\d+)-(\w+)", link).groups()  # type: ignore[union-attr]
    other = house.link(reviewer="boss").rpartition("-")[2]
    for forged in (
        f"{number}-{'0' * 32}",
        f"{number}-{other}",
        f"{int(number) + 5}-{signature}",
        f"0{number}-{signature}",
        f"{number}-{signature.upper()}",
        f"{number}-{signature}0",
        f"{'9' * 30}-{signature}",
        "１-" + signature,
        "x",
    ):
        answer = house.browser().get(f"/confirm/{forged}")
        assert answer.status_code == 403, forged
        assert "链接不对" in answer.get_data(as_text=True)
    assert house.text() == ARTICLE


def test_what_a_link_says_can_not_be_changed_in_the_database(house: House) -> None:
    link = house.link(reviewer="王芳")
    with house.database.write() as db:
        db.execute("UPDATE confirm_links SET reviewer = '李审'")
    assert house.browser().get(link).status_code == 403


def test_an_article_that_was_changed_in_the_meantime(house: House) -> None:
    link = house.link()
    write(house.root, PATH, ARTICLE.replace("可以退款", "不能退款"))
    house.service.index()
    answer = house.browser().get(link)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "改过了" in page
    assert "不能退款" in page
    assert 'method="post" action="/confirm' not in page
    assert "verified_by: 李审" not in house.text()


def test_an_article_that_is_changed_before_anybody_noticed(house: House) -> None:
    """Between the page and the button, by somebody who edits the file: the server has not read it yet."""
    link, browser = house.link(), house.browser()
    page = Page(browser.get(link).get_data(as_text=True))
    token = next(tag.get("value") for tag in page.find("input") if tag.get("name") == "csrf")
    write(house.root, PATH, ARTICLE.replace("可以退款", "不能退款"))
    answer = browser.post(link, data={"csrf": token}, headers=HERE)
    assert answer.status_code == 409
    assert "verified_by: aftersales-lead" in house.text()
    house.service.index()
    assert browser.get(link).status_code == 409, "it was not used up in vain"


@pytest.mark.parametrize("change", ["disabled", "another department", "no reviewer any more", "never existed"])
def test_a_link_can_do_no_more_than_its_account(house: House, change: str) -> None:
    link = house.link(reviewer="nobody" if change == "never existed" else "李审")
    if change == "disabled":
        house.accounts.disable(ROOT, "李审")
    elif change == "another department":
        house.accounts.change(ROOT, "李审", Role.REVIEWER, frozenset({"物流业务部"}), True)
    elif change == "no reviewer any more":
        house.accounts.change(ROOT, "李审", Role.EDITOR, frozenset({"售后业务部"}), True)
    assert house.press(house.browser(), link)[0] == 403
    assert house.text() == ARTICLE


def test_an_archived_article(house: House) -> None:
    link = house.link()
    write(house.root, PATH, ARTICLE.replace("kind: faq", "kind: faq\nstatus: archived"))
    house.service.index()
    answer = house.browser().get(link)
    assert answer.status_code == 410
    assert "归档" in answer.get_data(as_text=True)


def test_another_site_can_not_press_the_button(house: House) -> None:
    link, browser = house.link(), house.browser()
    browser.get(link)
    assert browser.post(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post(link, headers=HERE).status_code == 403, "without the token of the page"
    stranger = house.browser()
    page = Page(stranger.get(link).get_data(as_text=True))
    token = next(tag.get("value") for tag in page.find("input") if tag.get("name") == "csrf")
    assert browser.post(link, data={"csrf": token}, headers=HERE).status_code == 403, "with that of another browser"
    assert house.text() == ARTICLE


def test_links_work_where_nobody_gets_in_without_a_login(tmp_path: Path) -> None:
    house = House(tmp_path, anonymous_role="none")
    assert house.press(house.browser(), house.link())[0] == 200
    assert "verified_by: 李审" in house.text()


@pytest.mark.parametrize(
    ("verified", "shown"),
    [("2026-11-16", "<ins>马上</ins>"), (f"{date.today()}", "两个版本内容相同"), ("2020-01-01", "没有留底")],
    ids=["changed", "the same", "long ago"],
)
def test_the_page_shows_what_changed_since_the_last_review(house: House, verified: str, shown: str) -> None:
    text = ARTICLE.replace("verified: 2026-11-16", f"verified: {verified}")
    write(house.root, PATH, text.replace("可以退款", "可以马上退款"))
    house.service.index()
    assert shown in house.browser().get(house.link()).get_data(as_text=True)


def test_an_article_that_was_never_reviewed(house: House) -> None:
    write(house.root, PATH, ARTICLE.replace("verified: 2026-11-16\nverified_by: aftersales-lead\n", ""))
    house.service.index()
    assert "从未审核过" in house.browser().get(house.link()).get_data(as_text=True)
