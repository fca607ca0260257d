"""Answers that were encoded before: served as long as they hold, to those who may see them, within a limit."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from kb.bounded_cache import BoundedCache
from kb.config import Settings
from kb.model import Role
from tests.conftest import indexed
from tests.e2e.processes import edit
from tests.unit.access_desk import ROOT
from tests.unit.article_tree import write
from tests.unit.audiences import open_place
from webui import create_app
from webui.http.precomputed import OVERHEAD, kept

SEARCH = "/api/v1/search?q=退款"
FILE = "mall/refund/refund-not-received.md"


def found(client: FlaskClient, address: str = SEARCH, **headers: str) -> Any:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return response.get_json()


# --- what is kept


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000))), st.integers(0, 9000))
def test_what_is_kept_stays_within_its_limit_and_is_what_was_asked_for(asked: list[tuple[int, int]], most: int) -> None:
    cache: BoundedCache[bytes] = kept(most)
    for key, size in asked:
        assert set(cache.get((key, size), partial(bytes, size))) <= {0}
        assert len(cache.get((key, size), partial(bytes, size))) == size
        assert 0 <= cache.used <= most


def test_the_least_used_leaves_first() -> None:
    made: list[str] = []

    def make(key: str) -> bytes:
        made.append(key)
        return b"x" * 100

    cache: BoundedCache[bytes] = kept(2 * (100 + OVERHEAD))
    for key in "ababca":
        cache.get(key, partial(make, key))
    assert made == ["a", "b", "c", "a"]
    assert cache.used == 2 * (100 + OVERHEAD)


# --- who gets what


def test_callers_who_see_different_articles_never_get_each_others_answers(tmp_path: Path) -> None:
    place = open_place(tmp_path, secret=True, semantic="off")
    token = place.service.access.tokens.add(ROOT, "agents", Role.AGENT)
    client = create_app(place.service).test_client()
    inside = {"Authorization": f"Bearer {token}"}
    for address in (
        SEARCH,
        "/api/v1/search?q=退款&channel=微信",
        "/api/v1/suggest?q=退",
        "/api/v1/faq",
        "/?q=退款",
        "/",
    ):
        for _ in range(3):
            for headers, internal in ((inside, True), ({}, False)):
                answer = client.get(address, headers=headers)
                told = answer.get_data(as_text=True)
                assert ("填充" in told or "安抚金" in told) is internal
                assert answer.headers["Cache-Control"] in ("private, no-cache", "no-store")


def test_an_etag_of_somebody_who_sees_more_is_no_reason_for_a_304(tmp_path: Path) -> None:
    place = open_place(tmp_path, secret=True, semantic="off")
    token = place.service.access.tokens.add(ROOT, "agents", Role.AGENT)
    client = create_app(place.service).test_client()
    etag = client.get(SEARCH, headers={"Authorization": f"Bearer {token}"}).headers["ETag"]
    assert found(client, **{"If-None-Match": etag})["total"] > 0


# --- as long as it holds


def test_a_repeat_is_the_same_but_for_the_time_it_took(small: Settings) -> None:
    client = create_app(indexed(small)).test_client()
    first, again = client.get(SEARCH), client.get(SEARCH)
    assert first.headers["ETag"] == again.headers["ETag"]
    documents = [answer.get_json() for answer in (first, again)]
    assert all(document.pop("took_ms") > 0 for document in documents)
    assert documents[0] == documents[1]
    unchanged = client.get(SEARCH, headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert unchanged.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("query", ['"took_ms":0', 'x","took_ms":0,"', "\\"])
def test_nobody_can_forge_the_time_by_asking_for_it(small: Settings, query: str) -> None:
    client = create_app(indexed(small)).test_client()
    document = client.get("/api/v1/search", query_string={"q": query}).get_json()
    assert document["query"] == query
    assert document["took_ms"] > 0


def test_after_a_save_the_old_answer_is_gone(small: Settings) -> None:
    service = indexed(small)
    client = create_app(service).test_client()
    etag = client.get(SEARCH).headers["ETag"]
    edit(small.articles / FILE, "您好，可以退款。", "您好，马上退款。")
    service.index()  # suggestions and the panel follow later, with a refresh
    changed = client.get(SEARCH, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert "马上退款" in changed.get_json()["hits"][0]["script"]


def test_freshness_is_judged_anew_after_midnight(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    midnight = datetime(2027, 1, 10, tzinfo=timezone(timedelta(hours=8)))
    moments = [midnight - timedelta(seconds=1)]
    monkeypatch.setattr("kb.wiring.service.local_now", lambda: moments[-1])
    source = (small.articles / FILE).read_text(encoding="utf-8")
    write(small.articles, FILE, source.replace("---\n##", "valid_to: 2027-01-09\n---\n##"))
    client = create_app(indexed(small)).test_client()
    before = [found(client)["hits"][0]["freshness"] for _ in range(2)]
    moments.append(midnight)
    after = [found(client)["hits"][0]["freshness"] for _ in range(2)]
    assert after == ["expired", "expired"]
    assert "expired" not in before
