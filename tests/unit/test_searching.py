"""Search on the repository's articles: ranking, filters, fallbacks that say what they did, freshness."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kb.config import Settings
from kb.content.checks.page import published_pages
from kb.content.reader import ArticleFiles
from kb.errors import ArticleNotFound, QueryError
from kb.model import SearchPage, SearchRequest, State
from kb.rules.rewriting import NO_SYNONYMS
from kb.service import Service
from kb.wiring.search import build_vocabulary
from kb.wiring.trials import trial
from tests.callers import ANYBODY
from tests.conftest import indexed
from tests.e2e.processes import edit
from tests.unit.article_tree import ARTICLE, write


def search(service: Service, text: str, **filters: Any) -> SearchPage:
    return service.desk(ANYBODY).search(SearchRequest(text, **filters))


def ids(page: SearchPage) -> list[str]:
    return [hit.record.article.id for hit in page.hits]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("未收到货退款", "refund-not-received"),
        ("没收到貨怎麼退款", "refund-not-received"),
        ("钱什么时候退到卡上", "refund-arrival-time"),
        ("门锁没电", "lock-no-power"),
        ("7天无理由", "refund-7day-scope"),
        ("收不到验证码", "account-sms-code"),
        ("重复扣款", "pay-duplicate-charge"),
    ],
)
def test_what_customers_say_finds_the_article(service: Service, text: str, expected: str) -> None:
    assert expected in ids(search(service, text))[:3]


def test_a_hit_says_why_it_was_found(service: Service) -> None:
    hit = search(service, "请问未收到货怎么退款").hits[0]
    assert hit.record.article.id == "refund-not-received"
    assert "退款" in hit.matched
    assert "请问" not in hit.matched
    assert hit.found["title"].words == ("未收到货退款",)
    assert any("退款" in hit.title.text[a:b] for a, b in hit.title.marks)


def test_articles_with_all_of_a_few_words_come_first(service: Service) -> None:
    for page in (search(service, "拦截 拒收"), search(service, "运费险 退货")):
        complete = [len(hit.matched) == 2 for hit in page.hits]
        assert complete[0]
        assert complete == sorted(complete, reverse=True)


def test_of_articles_that_match_alike_the_one_in_demand_comes_first(small: Settings) -> None:
    for name in ("aaa", "bbb"):
        write(small.articles, f"mall/refund/{name}.md", ARTICLE.replace("id: refund-not-received", f"id: {name}"))
    service = indexed(small)
    assert ids(search(service, "退款"))[0] == "aaa"
    for _ in range(3):
        service.desk(ANYBODY).record_event("copy", "bbb")
    service.rank_faq()
    assert ids(search(service, "退款"))[0] == "bbb"


def test_suggestions_follow_what_agents_use(small: Settings) -> None:
    for name, title in (("aaa", "甲退款"), ("bbb", "乙退款")):
        source = ARTICLE.replace("id: refund-not-received", f"id: {name}").replace(
            "title: 未收到货退款", f"title: {title}"
        )
        write(small.articles, f"mall/refund/{name}.md", source)
    service = indexed(small)
    last = [row.id for row in service.desk(ANYBODY).suggest("退款") if row.id in ("aaa", "bbb")][1]
    for _ in range(3):
        service.desk(ANYBODY).record_event("copy", last)
    edition = service.desk(ANYBODY).edition()
    service.follow_use()
    assert next(row.id for row in service.desk(ANYBODY).suggest("退款") if row.id in ("aaa", "bbb")) == last
    assert service.desk(ANYBODY).edition() != edition


def test_a_search_that_only_excludes_says_what_is_missing(service: Service) -> None:
    for text in ("-退款", "-“退款”", "-退款 -发票"):
        page = search(service, text)
        assert page.total == 0
        assert "只写了要排除的词" in str(page.fallback)
    assert search(service, "-").fallback is None


def test_the_script_is_the_one_of_the_asked_channel(service: Service) -> None:
    spoken = search(service, "未收到货退款", channel="电话").hits[0].script
    typed = search(service, "未收到货退款", channel="微信").hits[0].script
    assert spoken != typed
    assert "您别着急" in spoken


def test_filters_take_slugs_and_titles(service: Service) -> None:
    by_slug, by_title = search(service, "退款", product="mall"), search(service, "退款", product="网上商城")
    assert ids(by_slug) == ids(by_title)
    assert {hit.record.article.product.slug for hit in by_slug.hits} == {"mall"}
    scenario = search(service, "退款", scenario="退款与退货")
    assert {hit.record.article.scenario.slug for hit in scenario.hits} == {"refund"}


@pytest.mark.parametrize(
    "filters",
    [{"product": "没有"}, {"scenario": "没有"}, {"channel": "传真"}, {"kind": "poem"}, {"limit": 0}, {"offset": -1}],
)
def test_a_filter_that_cannot_be_is_refused(service: Service, filters: dict[str, object]) -> None:
    with pytest.raises(QueryError):
        search(service, "退款", **filters)


def test_facets_add_up(service: Service) -> None:
    page = search(service, "退款", limit=1)
    assert sum(facet.count for facet in page.facets["product"]) == page.total
    mall = next(facet for facet in page.facets["product"] if facet.key == "mall")
    assert search(service, "退款", product=mall.key).total == mall.count
    assert mall.value == "网上商城"


def test_a_phrase_must_stand_as_it_is(service: Service) -> None:
    page = search(service, "“原路退款”")
    assert page.total
    assert all("原路退款" in service.desk(ANYBODY).article(hit.record.article.id)[0].article.body for hit in page.hits)


def test_an_excluded_word_stays_out(service: Service) -> None:
    kept = ids(search(service, "退款 -极速", limit=50))
    assert "refund-express" in ids(search(service, "退款", limit=50))
    assert "refund-express" not in kept


def test_a_question_asked_again_gets_the_same_answer(service: Service) -> None:
    first, again = search(service, "门锁没电"), search(service, "门锁没电")
    assert replace(first, took_ms=0.0) == replace(again, took_ms=0.0)


def test_a_question_asked_again_sees_an_edit_at_once(small: Settings) -> None:
    service = indexed(small)
    assert search(service, "马上退").hits[0].title.text == "未收到货退款"
    path = small.articles / "mall/refund/refund-not-received.md"
    edit(path, "title: 未收到货退款", "title: 没收到货马上退")
    service.index()
    assert search(service, "马上退").hits[0].title.text == "没收到货马上退"
    edit(path, "verified: 2026-11-16", "verified: 2020-01-01")
    before = service.desk(ANYBODY).search(SearchRequest("马上退")).hits[0].freshness
    service.index()
    assert search(service, "马上退").hits[0].freshness != before
    edit(path, "kind: faq", "kind: faq\nstatus: archived")
    service.index()
    assert search(service, "马上退").total == 0


def test_same_sounding_characters_are_corrected_and_said(service: Service) -> None:
    page = search(service, "未收到货退宽")
    assert ids(page)[0] == "refund-not-received"
    assert page.did_you_mean == "未收到货退款"
    assert page.fallback is not None
    assert "退款" in page.fallback


def test_latin_input_that_finds_nothing_is_read_as_pinyin(service: Service) -> None:
    page = search(service, "weishoudaohuo")
    assert ids(page)[0] == "refund-not-received"
    assert page.fallback is not None
    assert "拼音" in page.fallback


def test_who_waits_for_what_suggests_by_pinyin_keeps_nobody_from_searching(service: Service) -> None:
    searcher = service.system.snapshots.current().searcher
    asked, held = threading.Event(), threading.Event()

    def made_first(text: str) -> Sequence[str]:
        asked.set()
        held.wait()
        return searcher.by_pinyin(text)

    slow = replace(searcher, by_pinyin=made_first)
    waiting = threading.Thread(target=slow.search, args=(SearchRequest("tuikuan"),))
    other = threading.Thread(target=searcher.search, args=(SearchRequest("退款"),))
    try:
        waiting.start()
        assert asked.wait(10)
        other.start()
        other.join(5)
        assert waiting.is_alive()
        assert not other.is_alive()
    finally:
        held.set()
        waiting.join()
        other.join()


def test_a_phrase_that_nothing_holds_falls_back_to_its_words(service: Service) -> None:
    page = search(service, '"退款未收到货"')
    assert "refund-not-received" in ids(page)
    assert page.fallback is not None
    assert "短语" in page.fallback


def test_words_that_no_article_has_together_are_remarked(service: Service) -> None:
    page = search(service, "发票 指纹")
    assert page.total
    assert page.fallback is not None
    assert "其中一部分" in page.fallback


def test_hits_without_any_of_the_words_are_not_passed_off_as_answers(service: Service) -> None:
    page = search(service, "高考分数线")
    assert page.total
    assert not any(hit.matched for hit in page.hits)
    assert "请先核对" in str(page.fallback)


@pytest.mark.parametrize("text", ["", "  ", "🎉", "？？", "\x00", "\ud800", "犇骉"])
def test_nothing_to_find_is_an_empty_page(service: Service, text: str) -> None:
    page = search(service, text)
    assert (page.total, page.hits) == (0, ())


@pytest.mark.parametrize("text", ["' OR 1=1 --", "title:退款 AND NOT *", "退款~2^3 [a TO b]", '"""', "-", "- -", "退"])
def test_foreign_syntax_is_only_text(service: Service, text: str) -> None:
    assert search(service, text).total >= 0


def test_pages_do_not_overlap(service: Service) -> None:
    whole = ids(search(service, "退款怎么办", limit=20))
    paged = ids(search(service, "退款怎么办", limit=5)) + ids(search(service, "退款怎么办", limit=15, offset=5))
    assert paged == whole


def test_totals_and_facets_are_the_same_on_every_page(service: Service) -> None:
    pages = [search(service, "退款怎么办", limit=5, offset=offset) for offset in (0, 5, 20)]
    assert len({page.total for page in pages}) == 1
    assert pages[0].facets == pages[2].facets
    assert pages[0].fallback == pages[2].fallback


@pytest.mark.parametrize(
    ("typed", "expected", "word"),
    [
        ("钱啥时候退", "refund-arrival-time", "退款"),
        ("退钱 多久", "refund-arrival-time", "退款"),
        ("扣了两次", "pay-duplicate-charge", "重复扣款"),
        ("锁没电了", "lock-no-power", "没电"),
    ],
)
def test_what_articles_say_in_other_words_is_found(service: Service, typed: str, expected: str, word: str) -> None:
    page = search(service, typed)
    hit = next(hit for hit in page.hits[:3] if hit.record.article.id == expected)
    assert word in hit.matched
    assert page.did_you_mean is None
    assert any(word in hit.title.text[a:b] or hit.title.text[a:b] in word for a, b in hit.title.marks)


def test_no_reading_takes_away_what_the_words_as_typed_find(settings: Settings) -> None:
    words = build_vocabulary(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    scan = files.scan()
    articles = [page.article for page in published_pages(files.read(file, scan.folders) for file in scan.files)]
    plain = replace(words, synonyms=NO_SYNONYMS)
    with trial(articles, settings, words) as rich, trial(articles, settings, plain) as poor:
        for text in ("退钱", "邮费多少", "我要退钱到微信", "包裹丢了怎么办", "驿站", "发票 邮费", "门锁掉线"):
            assert set(poor.found(text, 100)) <= set(rich.found(text, 100))


def test_the_words_as_typed_win_over_synonyms(service: Service) -> None:
    for typed, other in (("邮费", "运费"), ("退款", "退钱")):
        best = search(service, typed).hits[0]
        assert typed in best.matched, f"{other} came first for {typed}"


def test_quoted_words_are_not_exchanged(service: Service) -> None:
    page = search(service, "“退钱”", limit=100)
    assert page.total
    for hit in page.hits:
        article = service.desk(ANYBODY).article(hit.record.article.id)[0].article
        assert "退钱" in "\n".join((article.title, *article.questions, article.body))


def test_synonyms_work_from_the_moment_they_are_saved(small: Settings) -> None:
    service = indexed(small)
    assert search(service, "铜板饕餮").total == 0
    path = small.articles / "_dict/synonyms.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("退款 铜板饕餮\n", encoding="utf-8")
    service.refresh()
    page = search(service, "铜板饕餮")
    assert ids(page) == ["refund-not-received"]
    assert page.hits[0].matched == ("退款",)
    path.unlink()
    service.refresh()
    assert search(service, "铜板饕餮").total == 0


@pytest.mark.parametrize(
    ("typed", "expected", "meant"),
    [
        ("退宽多久到账", "refund-arrival-time", "退款多久到账"),
        ("登陆不了", "svc-app-outage", "登录不了"),
        ("yanzhengma收不到", "account-sms-code", "验证码收不到"),
        ("tuikusn", "refund-arrival-time", "退款"),
    ],
)
def test_slips_compete_with_what_was_typed(service: Service, typed: str, expected: str, meant: str) -> None:
    page = search(service, typed)
    assert page.did_you_mean == meant
    assert f"已改查“{meant}”" in str(page.fallback)
    assert expected in ids(page)[:3]


def test_mended_spelling_is_not_mentioned_when_the_typed_words_were_found(small: Settings) -> None:
    service = indexed(small)
    edit(small.articles / "mall/refund/refund-not-received.md", "title: 未收到货退款", "title: 未收到货退宽")
    service.index()
    assert search(service, "退宽").did_you_mean is None


@pytest.mark.parametrize(("typed", "meant"), [("退宽", "退款"), ("门琐没电", "门锁没电")])
def test_short_slips_are_corrected(service: Service, typed: str, meant: str) -> None:
    assert search(service, typed).did_you_mean == meant


def test_drafts_and_articles_not_yet_valid_are_not_found(service: Service) -> None:
    assert "invoice-refund-red" not in ids(search(service, "退货后发票红冲", limit=50))
    assert "plus-gift" not in ids(search(service, "PLUS 年卡赠送好友", limit=50))
    with pytest.raises(ArticleNotFound):
        service.desk(ANYBODY).article("plus-gift")


def test_expired_answers_are_found_but_marked(service: Service) -> None:
    page = search(service, "双十一优惠规则")
    hit = next(hit for hit in page.hits if hit.record.article.id == "coupon-double11-2026")
    assert hit.freshness.state == State.EXPIRED


@pytest.mark.parametrize("outdated", ["valid_to: 2026-01-31", "verified: 2026-01-31"])
def test_a_stale_answer_ranks_below_its_equal_and_is_still_found(small: Settings, outdated: str) -> None:
    """By id the outdated one would come first."""
    fresh = f"verified: {date.today()}"
    for article_id, line in (("a-outdated", outdated), ("z-current", fresh)):
        source = ARTICLE.replace("refund-not-received", article_id).replace("verified: 2026-11-16", line)
        write(small.articles, f"mall/refund/{article_id}.md", source.replace("未收到货退款", "门锁电池怎么换"))
    service = indexed(small)

    found = {hit.record.article.id: hit for hit in search(service, "门锁电池怎么换").hits}

    assert list(found) == ["z-current", "a-outdated"]
    outdated_parts, current_parts = found["a-outdated"].parts, found["z-current"].parts
    assert outdated_parts.words == current_parts.words
    assert 0.6 <= outdated_parts.freshness < current_parts.freshness == 1


def test_later_pages_of_what_has_the_words_carry_no_remark(service: Service) -> None:
    text = "快递显示签收了可是我没有收到怎么办"
    first = search(service, text, limit=5)
    last = search(service, text, limit=5, offset=first.total - 1)
    beyond = search(service, text, limit=5, offset=first.total)
    assert first.hits[0].matched
    assert not any(hit.matched for hit in last.hits), "no hit of this page has any of the words"
    assert (first.fallback, last.fallback, beyond.fallback) == (None, None, None)


def test_wordings_of_customers_are_kept_apart_in_a_snippet(service: Service) -> None:
    shown = [hit.snippet for hit in search(service, "扣了两回").hits if hit.found.keys() == {"questions"}]
    assert shown
    assert all("；" in snippet.text and "\n" not in snippet.text for snippet in shown)
    assert any(snippet.text[start:end].startswith("扣了") for snippet in shown for start, end in snippet.marks)
