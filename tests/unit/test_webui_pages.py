"""The pages as a browser without JavaScript gets them."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.config import Settings, load_settings
from kb.service import Service
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.query_log import QueryLog
from kb.wiring.service import build_service
from tests.callers import ANYBODY
from tests.conftest import indexed, spoil
from tests.unit.article_tree import write
from tests.unit.forms import HERE, csrf_token, submit
from tests.unit.html_page import Page
from webui import create_app

A_WHILE_AGO = datetime.now(timezone.utc) - timedelta(hours=1)


def get(client: FlaskClient, address: str, status: int = 200) -> Page:
    response = client.get(address)
    assert response.status_code == status
    return Page(response.get_data(as_text=True))


def ids(page: Page) -> list[str]:
    """The articles that the hits lead to."""
    return [tag.get("data-pick") for tag in page.find("a") if tag.get("data-pick")]


def browser(settings: Settings) -> FlaskClient:
    return create_app(indexed(settings)).test_client()


def test_home_shows_the_frequent_questions_by_product_with_their_scripts(client: FlaskClient, service: Service) -> None:
    page = get(client, "/")
    panel = service.desk(ANYBODY).faq()
    products = {item.record.article.product.title for item in panel.items}
    assert {tag.text.rsplit(maxsplit=1)[0] for tag in page.find("h3")} == products
    for item in panel.items:
        assert f"/a/{item.record.article.id}" in page.hrefs()
    assert "您好{{客户称呼}}，没收到货也可以申请退款" in page.text()


def test_home_shows_the_questions_of_the_chosen_product(client: FlaskClient) -> None:
    for name in ("mall", "网上商城"):
        page = get(client, f"/?product={name}")
        assert [tag.text.split()[0] for tag in page.find("h3")] == ["网上商城"]
        assert "selected" in next(tag for tag in page.find("option") if tag.text == "网上商城").attributes
    assert "没有名为“火星”的产品类型" in get(client, "/?product=火星", status=400).text()


def test_of_many_questions_the_first_are_shown_and_the_rest_folded(client: FlaskClient, service: Service) -> None:
    page = get(client, "/")
    count = sum(item.record.article.product.slug == "smart-home" for item in service.desk(ANYBODY).faq().items)
    assert f"再看 {count - 8} 条" in [tag.text for tag in page.find("summary")]


def test_the_panel_is_filtered_by_pinyin_and_initials(client: FlaskClient) -> None:
    row = next(tag for tag in get(client, "/").find("li", "entry") if tag.text.startswith("未收到货退款"))
    assert row.get("data-keys") == "weishoudaohuotuikuan wsdhtk"


def test_home_is_kept_by_the_browser_until_it_changes(client: FlaskClient) -> None:
    tag = client.get("/").headers["ETag"]
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/?channel=电话", headers={"If-None-Match": tag}).status_code == 200


def test_empty_fields_of_the_form_leave_no_trace_in_the_address(client: FlaskClient) -> None:
    response = client.get("/?q=退款&product=&channel=电话")
    assert response.status_code == 302
    assert response.location == "/?q=%E9%80%80%E6%AC%BE&channel=%E7%94%B5%E8%AF%9D"


def test_home_shows_the_scripts_of_the_chosen_channel(client: FlaskClient) -> None:
    page = get(client, "/?channel=电话")
    assert "{{客户称呼}}，您别着急，没收到也能退" in page.text()
    assert "您好{{客户称呼}}，没收到货也可以申请退款" not in page.text()
    assert "selected" in next(tag for tag in page.find("option") if tag.text == "电话").attributes


def test_a_search_shows_ranked_hits_with_matches_marked(client: FlaskClient) -> None:
    page = get(client, "/?q=没收到货怎么退款")
    assert ids(page)[0] == "refund-not-received"
    assert "退款" in {tag.text for tag in page.find("mark")}
    assert page.find("input")[0].get("value") == "没收到货怎么退款"
    assert "售后业务部" in page.find("li", "hit")[0].text


def test_a_facet_narrows_and_its_chip_widens_again(client: FlaskClient, service: Service) -> None:
    everything = get(client, "/?q=退款&channel=微信")
    narrowed = get(client, everything.link("支付与账户"))
    places = {service.desk(ANYBODY).article(article_id)[0].article.product.title for article_id in ids(narrowed)}
    assert places == {"支付与账户"}
    assert "selected" in next(tag for tag in narrowed.find("option") if tag.text == "微信").attributes
    widened = get(client, narrowed.link("产品类型"))
    assert ids(widened) == ids(everything)


def test_paging_shows_every_hit_once(client: FlaskClient, service: Service) -> None:
    page = get(client, "/?q=退款")
    seen = ids(page)
    while any(tag.text == "下一页" for tag in page.find("a")):
        page = get(client, page.link("下一页"))
        seen += ids(page)
    assert len(seen) == len(set(seen)) == int(page.text("h1").split()[1])
    assert get(client, page.link("上一页")).find("a")


def test_a_correction_is_said_and_offered(client: FlaskClient) -> None:
    page = get(client, "/?q=发漂")
    assert "已改查“发票”" in page.text()
    assert ids(get(client, page.link("直接查")))[0].startswith("invoice-")


def test_a_search_without_result_helps_on(client: FlaskClient) -> None:
    page = get(client, "/?q=饕餮tuik&channel=微信")
    assert page.text("h1") == "没有找到“饕餮tuik”"
    assert any(address.startswith("/a/refund-") for address in page.hrefs()), "near titles"
    assert "/browse?product=mall&scenario=refund&channel=%E5%BE%AE%E4%BF%A1" in page.hrefs()
    form = next(tag for tag in page.find("form") if tag.get("action") == "/gaps")
    fields = {tag.get("name"): tag.get("value") for tag in page.find("input") if tag.get("type") == "hidden"}
    assert form.get("method") == "post"
    assert fields == {"query": "饕餮tuik", "channel": "微信", "csrf": csrf_token(client)}


def test_a_search_without_result_in_one_product_offers_those_of_the_others(client: FlaskClient) -> None:
    page = get(client, "/?q=指纹&product=mall&kind=policy")
    assert page.text("h1") == "没有找到“指纹”"
    assert ids(get(client, page.link("在全部产品里查")))


def test_a_reported_gap_is_thanked_for(client: FlaskClient) -> None:
    assert "已记下这个知识缺口" in get(client, "/?q=饕餮&reported=1").text()


def test_a_hit_says_why_and_repeats_nothing(client: FlaskClient) -> None:
    page = get(client, "/?q=拒收")
    reasons = [tag.text for tag in page.find("details", "why")]
    assert all("拒收" in reason for reason in reasons)
    assert any("相似问法" in reason for reason in reasons)
    hit = next(tag for tag in page.find("li", "hit") if "未收到货退款" in tag.text)
    assert "拒收" in hit.text


@pytest.mark.parametrize("query", ["😀", "……", "\u200b", "%00"])
def test_a_query_without_words_is_answered_calmly(client: FlaskClient, query: str) -> None:
    assert "没有找到" in get(client, f"/?q={query}").text("h1")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/?q=" + "退" * 201, "超过 200 字"),
        ("/?q=退款&product=火星", "没有名为“火星”的产品类型"),
        ("/?q=退款&channel=传真", "没有名为“传真”的渠道"),
        ("/?channel=传真", "没有名为“传真”的渠道"),
        ("/?q=退款&offset=x", "offset 须是"),
        ("/?q=%CD%CB%BF%EE", "不是 UTF-8 编码"),
        ("/browse?product=%ff", "不是 UTF-8 编码"),
        ("/?q=退款&offset=99999", "offset 须是"),
    ],
)
def test_what_cannot_be_answered_is_said_and_can_be_mended(client: FlaskClient, address: str, told: str) -> None:
    page = get(client, address, status=400)
    assert told in page.text()
    if "q=退" in address:
        assert page.find("input")[0].get("value").startswith("退")


def test_a_search_is_logged_once_whatever_page_of_it_is_read(client: FlaskClient, settings: Settings) -> None:
    queries = QueryLog(Database(settings.database))

    def times_logged() -> int:
        return sum(row.count for row in queries.frequent(A_WHILE_AGO, 1000) if row.query == "怎么退款")

    get(client, "/")
    before = times_logged()
    get(client, "/?q=怎么退款")
    get(client, "/?q=怎么退款&offset=10")
    assert times_logged() == before + 1


def test_an_article_page_says_everything_about_it(client: FlaskClient, service: Service) -> None:
    record, _ = service.desk(ANYBODY).article("refund-not-received")
    article, page = record.article, get(client, "/a/refund-not-received")
    text = page.text()
    for expected in (article.title, article.product.title, article.scenario.title, article.owner, article.contact):
        assert expected
        assert expected in text
    for day in (article.created, article.updated, article.verified):
        assert str(day) in text
    assert str(article.verified_by) in text
    assert {script.text for script in article.scripts} <= {"".join(tag.pieces) for tag in page.find("p", "script-text")}
    assert text.count("没收到货也可以申请退款") == 1, "scripts are not shown a second time in the body"
    assert [tag.text for tag in page.find("h2")][2:5] == ["处理步骤", "注意事项", "后续跟进"]
    assert "二级 · 30 秒" in text
    assert {"/a/refund-received", "/a/refund-arrival-time"} <= set(page.hrefs())


def test_a_list_inside_a_step_is_shown_as_one(client: FlaskClient) -> None:
    html = client.get("/a/refund-not-received").get_data(as_text=True)
    assert "先分清是哪一种：<ul>\n<li><strong>未出库</strong>" in html


def test_the_script_of_the_agents_channel_comes_first(client: FlaskClient) -> None:
    assert get(client, "/a/refund-not-received").find("h2")[0].text == "标准话术"
    page = get(client, "/a/refund-not-received?channel=电话")
    assert page.find("h2")[0].text == "电话话术"
    assert page.link("已收到货退款") == "/a/refund-received?channel=%E7%94%B5%E8%AF%9D"


def test_an_expired_article_warns_everywhere(small: Settings) -> None:
    yesterday = date.today() - timedelta(days=1)
    path = small.articles / "mall/refund/refund-not-received.md"
    source = path.read_text(encoding="utf-8")
    write(
        small.articles,
        "mall/refund/refund-not-received.md",
        source.replace("---\n##", f"valid_to: {yesterday}\n---\n##"),
    )
    client = browser(small)
    page = get(client, "/a/refund-not-received")
    assert page.find("span", "badge")[0].text == "已失效"
    assert f"有效期至 {yesterday}，已过 1 天" in page.text()
    assert page.find("button", "copy")[0].get("data-state") == "expired"
    assert get(client, "/?q=退款").find("span", "badge")[0].text == "已失效"
    assert "已失效" in [tag.text for tag in get(client, "/browse").find("span", "badge")]
    write(small.articles, "mall/refund/b.md", "---\nid: b\ntitle: 别的\nrelated: [refund-not-received]\n---\n")
    assert "已失效" in [tag.text for tag in get(browser(small), "/a/b").find("span", "badge")]


def test_an_article_whose_newer_version_is_broken_says_so(small: Settings) -> None:
    service = indexed(small)
    write(small.articles, "mall/refund/refund-not-received.md", "---\nid: refund-not-received\ntitle: 未\n---\n")
    service.index()
    service.refresh()
    client = create_app(service).test_client()
    assert "这是上一个正确的版本" in get(client, "/a/refund-not-received").text()
    assert "旧版" in [tag.text for tag in get(client, "/?q=退款").find("span", "badge")]


def test_reading_and_voting_are_counted_and_answered(client: FlaskClient, settings: Settings) -> None:
    events = EventLog(Database(settings.database))

    def counts() -> dict[str, int]:
        return events.totals(A_WHILE_AGO).get("invoice-get", {})

    before = counts()
    get(client, "/a/invoice-get")
    client.head("/a/invoice-get")
    voted = submit(client, "/a/invoice-get/feedback", vote="outdated", note="抬头规则改了")
    assert voted.status_code == 303
    assert "已记下“内容过时”" in get(client, voted.location).text()
    after = counts()
    assert after["view"] == before.get("view", 0) + 1
    assert after["outdated"] == before.get("outdated", 0) + 1
    assert events.recent(["outdated"], A_WHILE_AGO)[0].note == "抬头规则改了"


@pytest.mark.parametrize("form", [{}, {"vote": "view"}, {"vote": "helpful", "note": "长" * 501}])
def test_a_vote_that_is_none_is_refused(client: FlaskClient, form: dict[str, str]) -> None:
    assert submit(client, "/a/invoice-get/feedback", HERE, **form).status_code == 400


def test_browsing_shows_every_article_in_its_place(client: FlaskClient, service: Service) -> None:
    page = get(client, "/browse")
    articles = [
        record.article
        for product in service.desk(ANYBODY).browse()
        for scenario in product.scenarios
        for record, _ in scenario.articles
    ]
    assert {f"/a/{article.id}" for article in articles} <= set(page.hrefs())
    assert page.find("p", "muted")[0].text == f"{len(articles)} 条知识"
    headings = [tag.text for tag in page.find("h2")]
    for slug, product in service.desk(ANYBODY).library().products.items():
        count = sum(article.product.slug == slug for article in articles)
        assert f"{product.title} {count}" in headings
    assert not [tag for tag in page.find("details") if "open" in tag.attributes]


def test_browsing_opens_at_a_place(client: FlaskClient) -> None:
    page = get(client, "/browse?product=mall&scenario=refund")
    opened = [tag.text for tag in page.find("details") if "open" in tag.attributes]
    assert len(opened) == 1
    assert "未收到货退款" in opened[0]


def test_of_a_large_house_one_place_is_listed_part_by_part(
    client: FlaskClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.pages.longlists.MOST", 5)
    monkeypatch.setattr("webui.pages.longlists._OF_ONE_PLACE", 2)
    tree = service.desk(ANYBODY).browse()
    everywhere = get(client, "/browse")
    places = {f"/browse?product={p.folder.slug}&scenario={s.folder.slug}": s for p in tree for s in p.scenarios}
    assert places.keys() <= set(everywhere.hrefs())
    assert not [address for address in everywhere.hrefs() if address.startswith("/a/")]
    place, scenario = next((place, scenario) for place, scenario in places.items() if scenario.count > 2)
    listed, address = [], place
    while address:
        page = get(client, address)
        listed += [href for href in page.hrefs() if href.startswith("/a/")]
        address = next((link.get("href") for link in page.find("a") if link.get("rel") == "next"), "")
    assert listed == [f"/a/{record.article.id}" for record, _ in scenario.articles]


def test_a_missing_article_and_a_draft_are_not_found(client: FlaskClient) -> None:
    assert "没有编号为“nope”的知识条目" in get(client, "/a/nope", status=404).text()
    get(client, "/a/pay-maintenance-script", status=404)


def test_without_articles_the_pages_say_so(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    overrides = {"articles": str(tmp_path / "articles"), "data": str(tmp_path / "data"), "semantic": "off"}
    client = browser(load_settings(environ={}, overrides=overrides))
    assert "还没有可以展示的知识" in get(client, "/").text()
    assert "还没有已发布的知识" in get(client, "/browse").text()
    assert "没有找到" in get(client, "/?q=退款").text("h1")


def test_without_an_index_all_but_search_works(small: Settings) -> None:
    indexed(small)
    shutil.rmtree(small.index_dir)
    client = create_app(build_service(small)).test_client()
    page = get(client, "/?q=退款", status=503)
    assert "搜索暂时不可用" in page.text()
    assert "未收到货退款" in page.text(), "the FAQ panel stands in"
    assert page.find("input")[0].get("value") == "退款"
    for address in ("/", "/browse", "/a/refund-not-received"):
        assert "未收到货退款" in get(client, address).text()
    assert client.get("/api/v1/suggest?q=tk").get_json()["suggestions"]


def test_without_a_database_searching_goes_on(small: Settings) -> None:
    client = browser(small)
    spoil(small.database)
    assert "未收到货退款" in get(client, "/").text()
    assert "未收到货退款" in get(client, "/browse").text()
    assert "未收到货退款" in get(client, "/?q=退款").text()
    assert str(small.data) not in get(client, "/a/refund-not-received", status=503).text()
