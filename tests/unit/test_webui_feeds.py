"""Feeds as calendars and feed readers ask for them: with a password or none, again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

import feedparser
import pytest
from flask.testing import FlaskClient
from icalendar import Calendar

from kb.config import Settings
from kb.model import Role
from kb.service import Service
from tests.callers import OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE, write
from webui import create_app

FEEDS = ("/feeds/review.atom", "/feeds/due.ics")
#: three days after the only article was due
NOW = datetime(2026, 12, 19, 1, tzinfo=timezone.utc)

Opened = Callable[[str], tuple[Service, FlaskClient]]


@pytest.fixture
def opened(small: Settings) -> Opened:
    """A service in December on which visitors are what is said."""

    def open_(role: str) -> tuple[Service, FlaskClient]:
        roles = {"agent": Role.AGENT, "public": Role.PUBLIC, "none": None}
        service = indexed(replace(small, anonymous_role=roles[role]))
        service = Service(replace(service.system, now=lambda: NOW))
        return service, create_app(service).test_client()

    return open_


def test_anybody_in_an_open_house_subscribes(opened: Opened) -> None:
    _, client = opened("agent")
    feed = feedparser.parse(client.get("/feeds/review.atom?owner=售后业务部").data)
    assert [entry.title for entry in feed.entries] == ["待复核：未收到货退款"]
    assert feed.entries[0].link == "http://localhost/a/refund-not-received"
    answer = client.get("/feeds/due.ics")
    (event,) = Calendar.from_ical(answer.data).events
    assert (event["SUMMARY"], event.decoded("DTSTART")) == ("复核 1 条知识，1 条已逾期", NOW.date())
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"


def test_the_link_to_the_feed_itself_is_the_address_asked(opened: Opened) -> None:
    _, client = opened("agent")
    feed = feedparser.parse(client.get("/feeds/review.atom?owner=售后业务部").data)
    (itself,) = (link.href for link in feed.feed.links if link.rel == "self")
    assert client.get(itself).status_code == 200


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("role", ["public", "none"])
def test_others_are_asked_for_a_password_and_a_token_is_one(opened: Opened, path: str, role: str) -> None:
    service, client = opened(role)
    refused = client.get(path)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    token = service.access.tokens.add(OPERATOR, "日历", Role.AGENT)
    assert client.get(path, auth=("随便", token)).status_code == 200
    assert client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("path", FEEDS)
def test_a_wrong_token_is_refused_also_where_none_is_needed(opened: Opened, path: str) -> None:
    _, client = opened("agent")
    refused = client.get(path, auth=("x", "zhida_wrong"))
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_password_for_somebody_else_is_none_of_ours(opened: Opened) -> None:
    """A proxy that asks for passwords itself passes them on."""
    _, client = opened("agent")
    assert client.get("/feeds/due.ics", auth=("小王", "secret of the proxy")).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/stale", "/browse", "/api/v1/me"])
def test_a_token_is_a_password_for_feeds_only(opened: Opened, path: str) -> None:
    service, client = opened("none")
    token = service.access.tokens.add(OPERATOR, "日历", Role.AGENT)
    refused = client.get(path, auth=("x", token))
    assert refused.status_code in (302, 401)
    assert not refused.headers.get("WWW-Authenticate", "").startswith("Basic ")


@pytest.mark.parametrize("path", FEEDS)
def test_a_token_in_the_address_is_refused(opened: Opened, path: str) -> None:
    service, client = opened("agent")
    token = service.access.tokens.add(OPERATOR, "日历", Role.AGENT)
    assert client.get(f"{path}?token={token}").status_code == 400


@pytest.mark.parametrize("path", FEEDS)
def test_whoever_comes_again_gets_nothing_until_something_changes(opened: Opened, path: str) -> None:
    service, client = opened("agent")
    first = client.get(path)
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.get(path, headers=known).status_code == 304
    write(service.system.articles, "mall/refund/b.md", ARTICLE.replace("refund-not-received", "b"))
    service.index()
    again = client.get(path, headers=known)
    assert (again.status_code, again.headers["ETag"]) != (304, first.headers["ETag"])


@pytest.mark.parametrize("path", FEEDS)
def test_an_owner_that_nobody_is_called_is_an_error_in_words(opened: Opened, path: str) -> None:
    _, client = opened("agent")
    answer = client.get(f"{path}?owner=没有的部门")
    assert answer.status_code == 400
    assert "没有的部门" in answer.get_json()["detail"]


def test_an_archived_article_is_due_no_more(opened: Opened) -> None:
    service, client = opened("agent")
    write(
        service.system.articles, "mall/refund/refund-not-received.md", ARTICLE.replace("kind: faq", "status: archived")
    )
    service.index()
    assert not Calendar.from_ical(client.get("/feeds/due.ics").data).events
    assert not feedparser.parse(client.get("/feeds/review.atom").data).entries
