"""What every SearchEngine adapter must do, in Chinese, on a real index. Add an adapter to ``factory`` to test it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.engines.opensearch_engine import OpenSearchEngine
from kb.engines.tantivy_engine import TantivyEngine
from kb.engines.whoosh_engine import WhooshEngine
from kb.errors import EngineError, IndexCorrupt, IndexLocked, IndexMissing
from kb.ports.engine import TEXT_FIELDS, EngineQuery, EngineResult, IndexDocument, Reading, SearchEngine, Term
from kb.text.grams import grams
from kb.text.normalize import normalize
from tests.cluster.nodes import Node, clear, patient

#: made of what CORPUS is made of, so that words coincide
_TEXTS = st.text(st.sampled_from("退款货发票登录网未收到 5g"), min_size=1, max_size=12)

EngineFactory = Callable[[Path, float], SearchEngine]
EMBEDDED: dict[str, EngineFactory] = {"tantivy": TantivyEngine, "whoosh": WhooshEngine}
ENGINES = (*EMBEDDED, "opensearch")


def document(
    article_id: str,
    title: str,
    *questions: str,
    body: str = "",
    product: str = "mall",
    channel: tuple[str, ...] = ("微信",),
    revision: str = "1",
    audience: str = "internal",
) -> IndexDocument:
    return IndexDocument(
        article_id,
        revision,
        {
            "title": title,
            "questions": "\n".join(questions),
            "place": "商城\n退款",
            "body": body,
        },
        {
            "product": (product,),
            "scenario": (f"{product}/refund",),
            "kind": ("faq",),
            "channel": channel,
            "tag": (),
            "audience": (audience,),
        },
    )


CORPUS = (
    document(
        "not-received",
        "未收到货退款",
        "快递丢了能退钱吗",
        body="您好，已出库的包裹先拦截，拦截成功后 24 小时内退款。",
    ),
    document(
        "received",
        "已收到货退款",
        "东西到了不想要了",
        body="签收后 7 天内提交退货申请。",
        channel=("电话", "微信"),
    ),
    document("invoice", "电子发票开具", "怎么开发票", body="确认收货后 24 小时内开具发票。", product="finance"),
    document(
        "wifi",
        "5G Wi-Fi 配网失败",
        "连不上网",
        body="设备只支持 2.4 GHz，请切换 C盘 备份。",
        product="device",
    ),
    document("traditional", "會員無法登錄", "登不進去", body="請重置密碼後再試。", product="account"),
)


def query(text: str, **changes: Any) -> EngineQuery:
    tokens = dict.fromkeys(grams(normalize(text)))
    boosts = {"head": 1.0, "place": 0.2, "body": 0.3}
    return EngineQuery(**{"terms": tuple(map(Term, tokens)), "boosts": boosts, **changes})


def ids(engine: SearchEngine, text: str, **changes: Any) -> list[str]:
    return [hit.id for hit in engine.search(query(text, **changes)).hits]


@pytest.fixture(scope="module", params=ENGINES)
def factory(request: pytest.FixtureRequest) -> EngineFactory:
    """Opens the engine under test; on a cluster, the names of indexes stand for the directory."""
    if request.param in EMBEDDED:
        return EMBEDDED[request.param]
    return OnCluster(request.getfixturevalue("cluster_node"))


class OnCluster:
    """Opens the engine with names of indexes that stand for a directory."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def __call__(self, root: Path, timeout: float) -> SearchEngine:
        prefix = f"t{zlib.crc32(str(root).encode()):08x}"
        return OpenSearchEngine(patient(self.node), prefix, lock_timeout=timeout)


@pytest.fixture(autouse=True)
def _tidy(factory: EngineFactory) -> Iterator[None]:
    """A node has room for some hundred indexes only."""
    yield
    if isinstance(factory, OnCluster):
        clear(factory.node)


@pytest.fixture
def make(factory: EngineFactory, tmp_path: Path) -> Iterator[Callable[..., SearchEngine]]:
    """Open the engine under test on one directory, as often as a test likes."""
    opened: list[SearchEngine] = []

    def open_engine(timeout: float = 20.0) -> SearchEngine:
        opened.append(factory(tmp_path / "index", timeout))
        return opened[-1]

    yield open_engine
    for engine in opened:
        engine.close()


@pytest.fixture
def folder(factory: EngineFactory, tmp_path: Path) -> Path:
    """Where the files of the engine under test are."""
    if factory not in EMBEDDED.values():
        pytest.skip("has no files of its own")
    return tmp_path / "index"


@pytest.fixture
def engine(make: Callable[..., SearchEngine]) -> Iterator[SearchEngine]:
    engine = make()
    engine.rebuild(CORPUS, "fp-1")
    yield engine
    engine.close()


class TestFinding:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("退货", "received"),  # only in the body
            ("未收到货", "not-received"),
            ("7天", "received"),
            ("C盘", "wifi"),
            ("5G", "wifi"),
            ("会员登录", "traditional"),  # simplified query, traditional article
            ("ＷＩ－ＦＩ", "wifi"),  # full width, upper case
            ("發票", "invoice"),  # traditional query, simplified article
            ("锁定密码", "traditional"),
        ],
    )
    def test_a_chinese_query_finds_its_article_first(self, engine: SearchEngine, text: str, expected: str) -> None:
        assert ids(engine, text)[0] == expected

    def test_characters_across_the_words_of_a_dictionary_are_found(self, engine: SearchEngine) -> None:
        assert set(ids(engine, "到货", limit=2)) == {"not-received", "received"}

    def test_one_character_finds_titles_that_hold_it(self, engine: SearchEngine) -> None:
        assert set(ids(engine, "票")) == {"invoice"}

    def test_nothing_known_gives_no_hits(self, engine: SearchEngine) -> None:
        result = engine.search(query("犇"))
        assert (result.hits, result.total) == ((), 0)

    def test_no_terms_list_everything_in_order_of_id(self, engine: SearchEngine) -> None:
        assert ids(engine, "") == sorted(doc.id for doc in CORPUS)

    @pytest.mark.parametrize("text", ["🎉", "\x00\x1f", "' OR 1=1 --", "title:* AND NOT [", "\ud800", "a" * 5000])
    def test_hostile_text_is_only_text(self, engine: SearchEngine, text: str) -> None:
        assert engine.search(query(text)).total <= len(CORPUS)

    def test_equal_scores_are_ordered_by_id(self, engine: SearchEngine) -> None:
        engine.rebuild([document(i, "同一个标题") for i in ("b", "c", "a")], "fp")
        assert ids(engine, "标题") == ["a", "b", "c"]

    def test_pages_follow_each_other(self, engine: SearchEngine) -> None:
        everything = ids(engine, "退款发票登录网")
        paged = [i for offset in range(5) for i in ids(engine, "退款发票登录网", limit=1, offset=offset)]
        assert paged == everything
        assert len(everything) == 5

    def test_floor_drops_weak_hits_and_total_counts_the_rest(self, engine: SearchEngine) -> None:
        result = engine.search(query("未收到货退款", floor=0.9))
        assert ([hit.id for hit in result.hits], result.total) == (["not-received"], 1)

    def test_boosts_decide_between_head_and_body(self, engine: SearchEngine) -> None:
        engine.rebuild([document("in-title", "发票抬头"), document("in-body", "别的", body="发票发票发票")], "fp")
        assert ids(engine, "发票", boosts={"head": 1.0, "body": 0.1})[0] == "in-title"
        assert ids(engine, "发票", boosts={"head": 0.1, "body": 1.0})[0] == "in-body"

    @pytest.mark.parametrize(
        ("heavy", "light", "first"), [("发票", "退款", "invoice"), ("登录", "发票", "traditional")]
    )
    def test_the_heavier_term_decides(self, engine: SearchEngine, heavy: str, light: str, first: str) -> None:
        terms = (Term(light), Term(heavy, 5.0))
        assert engine.search(EngineQuery(terms=terms, boosts={"head": 1.0})).hits[0].id == first

    def test_scores_are_shares_of_a_perfect_match(self, engine: SearchEngine) -> None:
        whole = engine.search(query("未收到货退款")).hits[0]
        with_unknown = engine.search(query("未收到货退款饕餮")).hits[0]
        assert {whole.id, with_unknown.id} == {"not-received"}
        assert 0.3 < whole.score <= 1
        assert with_unknown.score < 0.8 * whole.score

    def test_the_unit_of_term_weights_does_not_matter(self, engine: SearchEngine) -> None:
        def scores(factor: float) -> list[float]:
            terms = tuple(Term(token, factor) for token in ("发票", "退款", "退"))
            return [hit.score for hit in engine.search(EngineQuery(terms=terms, boosts={"head": 1.0})).hits]

        assert scores(7.0) == pytest.approx(scores(1.0), rel=1e-5)

    def test_common_terms_rank_but_rare_ones_select(self, engine: SearchEngine) -> None:
        common = [document(f"c{i:03}", f"怎么办 {i}") for i in range(200)]
        engine.rebuild([*common, *(document(f"r{i:02}", f"发票 {i}") for i in range(40))], "fp")
        pages = [engine.search(query("发票怎么办", limit=10, offset=offset)) for offset in (0, 20)]
        assert [page.total for page in pages] == [40, 40]
        assert all(hit.id.startswith("r") for page in pages for hit in page.hits)

    def test_too_few_rare_matches_let_common_terms_select_too(self, engine: SearchEngine) -> None:
        common = [document(f"c{i:03}", f"怎么办 {i}") for i in range(50)]
        engine.rebuild([*common, document("rare", "发票怎么办")], "fp")
        pages = [engine.search(query("发票怎么办", limit=10, offset=offset)) for offset in (0, 20)]
        assert [page.total for page in pages] == [51, 51]
        assert pages[0].hits[0].id == "rare"


class TestReadings:
    def search(self, engine: SearchEngine, text: str, *readings: tuple[str, float], **changes: Any) -> EngineResult:
        read = tuple(Reading(query(other).terms, weight) for other, weight in readings)
        return engine.search(query(text, readings=read, **changes))

    def test_a_document_scores_what_its_best_reading_gives(self, engine: SearchEngine) -> None:
        alone = {hit.id: hit.score for hit in engine.search(query("电子发票")).hits}
        hit = self.search(engine, "电子饕餮", ("电子发票", 0.5)).hits[0]
        assert (hit.id, hit.reading) == ("invoice", 0)
        assert hit.score == pytest.approx(0.5 * alone["invoice"], rel=1e-5)

    def test_the_words_as_typed_win_a_tie(self, engine: SearchEngine) -> None:
        hits = self.search(engine, "电子发票", ("电子发票", 1.0)).hits
        assert [hit.reading for hit in hits] == [None] * len(hits)

    def test_the_best_of_several_readings_is_named(self, engine: SearchEngine) -> None:
        readings = (("登录", 0.9), ("配网失败", 0.9))
        won = {hit.id: hit.reading for hit in self.search(engine, "发票", *readings).hits}
        assert (won["invoice"], won["traditional"], won["wifi"]) == (None, 0, 1)

    def test_no_reading_drops_what_the_typed_words_find(self, engine: SearchEngine) -> None:
        typed = engine.search(query("退款饕餮无极", floor=0.5))
        both = self.search(engine, "退款饕餮无极", ("电子发票开具", 0.9), floor=0.5)
        assert both.hits[0].id == "invoice"
        assert both.hits[-1].score < 0.5 * both.hits[0].score
        assert {hit.id for hit in typed.hits} <= {hit.id for hit in both.hits}

    def test_a_weak_reading_is_measured_by_the_best_of_all(self, engine: SearchEngine) -> None:
        found = self.search(engine, "电子发票开具", ("退款", 0.1), floor=0.5)
        assert [hit.id for hit in found.hits] == ["invoice"]

    def test_filters_and_exclusions_hold_for_readings_too(self, engine: SearchEngine) -> None:
        changes = {"filters": {"product": ("mall",)}, "excluded": ("未收",), "hidden_ids": frozenset({"wifi"})}
        found = self.search(engine, "饕餮", ("退款发票配网", 0.9), **changes)
        assert [hit.id for hit in found.hits] == ["received"]

    def test_highlights_mark_the_words_of_the_reading_that_won(self, engine: SearchEngine) -> None:
        hit = self.search(engine, "票据开具", ("发票开具", 0.9)).hits[0]
        texts = hit.evidence().texts
        marked = [texts["title"].text[start:end] for start, end in hit.evidence().marks("title")]
        assert marked == ["发票开具"]

    def test_common_terms_of_a_reading_select_only_when_they_must(self, engine: SearchEngine) -> None:
        common = [document(f"c{i:03}", f"怎么办 {i}") for i in range(200)]
        engine.rebuild([*common, *(document(f"r{i:02}", f"发票 {i}") for i in range(40))], "fp")
        assert self.search(engine, "饕餮", ("发票怎么办", 0.9)).total == 40


class TestAlso:
    def test_named_documents_are_hits_without_a_matching_term(self, engine: SearchEngine) -> None:
        result = engine.search(query("电子发票开具", floor=0.9, also=("wifi", "nowhere"), facets=("product",)))
        assert [hit.id for hit in result.hits] == ["invoice", "wifi"]
        assert (result.total, dict(result.facets["product"])) == (2, {"finance": 1, "device": 1})
        assert result.hits[1].score == 0
        assert result.hits[1].evidence().texts["title"].text == "5G Wi-Fi 配网失败"

    def test_they_come_in_addition_to_the_best(self, engine: SearchEngine) -> None:
        best = ids(engine, "退款", limit=1)
        named = ids(engine, "退款", limit=1, also=("wifi", "invoice", *best))
        assert named[:1] == best
        assert sorted(named[1:]) == ["invoice", "wifi"]

    def test_they_score_what_they_would_score_as_any_hit(self, engine: SearchEngine) -> None:
        everyone = {hit.id: hit.score for hit in engine.search(query("退款发票登录网")).hits}
        named = engine.search(query("退款发票登录网", floor=0.99, also=tuple(everyone))).hits
        assert {hit.id: hit.score for hit in named} == pytest.approx(everyone)

    def test_common_terms_count_for_them_though_they_do_not_select(self, engine: SearchEngine) -> None:
        common = [document(f"c{i:03}", f"怎么办 {i}") for i in range(200)]
        engine.rebuild([*common, *(document(f"r{i:02}", f"发票 {i}") for i in range(40))], "fp")
        result = engine.search(query("发票怎么办", limit=10, also=("c007",)))
        assert (len(result.hits), result.total) == (11, 41)
        assert result.hits[-1].id == "c007"
        assert result.hits[-1].score > 0

    @pytest.mark.parametrize(
        "changes",
        [
            {"filters": {"product": ("mall",)}},
            {"phrases": ("电子发票",)},
            {"excluded": ("配网",)},
            {"hidden_ids": frozenset({"wifi"})},
        ],
    )
    def test_they_have_to_pass_everything_else(self, engine: SearchEngine, changes: dict[str, object]) -> None:
        assert "wifi" not in ids(engine, "退款", also=("wifi",), **changes)

    def test_deleted_ones_are_gone(self, engine: SearchEngine) -> None:
        with engine.batch() as batch:
            batch.delete("wifi")
        assert "wifi" not in ids(engine, "退款", also=("wifi",))


class TestPhrasesAndExclusions:
    def test_phrase_needs_the_characters_in_a_row(self, engine: SearchEngine) -> None:
        assert ids(engine, "", phrases=("收到货退款",)) == ["not-received", "received"]
        assert ids(engine, "", phrases=("货收到",)) == []

    def test_phrase_stands_in_body_or_questions_too(self, engine: SearchEngine) -> None:
        assert ids(engine, "", phrases=("提交退货申请",)) == ["received"]
        assert ids(engine, "", phrases=("连不上网",)) == ["wifi"]

    def test_phrase_does_not_cut_a_number_or_word(self, engine: SearchEngine) -> None:
        engine.rebuild([document("long", "充值 1234 元 happy"), document("short", "充值 234 元 app")], "fp")
        assert ids(engine, "", phrases=("234",)) == ["short"]
        assert ids(engine, "", phrases=("app",)) == ["short"]

    @pytest.mark.parametrize("phrase", ["货", "密"])
    def test_a_one_character_phrase_is_found_in_long_texts(self, engine: SearchEngine, phrase: str) -> None:
        expected = {"货": ["invoice", "not-received", "received"], "密": ["traditional"]}[phrase]
        assert ids(engine, "", phrases=(phrase,)) == expected

    def test_excluded_removes_what_contains_it(self, engine: SearchEngine) -> None:
        without = ids(engine, "退款", excluded=("未收",))
        assert "not-received" in ids(engine, "退款")
        assert "not-received" not in without
        assert "received" in without


class TestFiltersAndFacets:
    def test_filters_of_different_fields_must_all_hold(self, engine: SearchEngine) -> None:
        assert ids(engine, "退款", filters={"product": ("mall",), "channel": ("电话",)}) == ["received"]

    def test_values_of_one_filter_are_alternatives(self, engine: SearchEngine) -> None:
        found = ids(engine, "", filters={"product": ("finance", "device")})
        assert found == ["invoice", "wifi"]

    def test_an_unknown_value_passes_nothing(self, engine: SearchEngine) -> None:
        assert ids(engine, "退款", filters={"product": ("nowhere",)}) == []

    def test_many_values_each_in_many_documents_are_told_apart(self, engine: SearchEngine) -> None:
        carried = {f"n{n}": tuple(f"c{c}" for c in range(60) if (n + c) % 7 == 0 or c == n) for n in range(60)}
        with engine.batch() as batch:
            for article_id, channels in carried.items():
                batch.put(document(article_id, "数字", channel=channels))
        with engine.batch() as batch:
            for article_id in ("n3", "n59"):
                batch.delete(article_id)
                del carried[article_id]
        counted = Counter(channel for channels in carried.values() for channel in channels)
        facet = dict(engine.search(query("数字", facets=("channel",))).facets["channel"])
        assert facet == counted
        for channel in ("c0", "c3", "c23", "c24", "c59"):
            found = ids(engine, "", filters={"channel": (channel,)}, limit=60)
            assert set(found) == {i for i, channels in carried.items() if channel in channels}

    def test_facets_count_all_hits_not_only_the_page(self, engine: SearchEngine) -> None:
        result = engine.search(query("", facets=("product", "channel"), limit=1))
        assert list(result.facets["product"]) == [("mall", 2), ("account", 1), ("device", 1), ("finance", 1)]
        assert list(result.facets["channel"]) == [("微信", 5), ("电话", 1)]

    def test_hidden_ids_never_show_nor_count(self, engine: SearchEngine) -> None:
        result = engine.search(query("退款", hidden_ids=frozenset({"received"}), facets=("product",)))
        assert "received" not in [hit.id for hit in result.hits]
        assert dict(result.facets["product"])["mall"] == 1


class TestAudiences:
    """For who may see one audience only, an index with more must answer as an index without: in every figure."""

    PUBLIC = tuple(replace(one, keywords=dict(one.keywords) | {"audience": ("public",)}) for one in CORPUS)
    INTERNAL = (
        document("secret", "未收到货退款暗语", "内部退款口径", body="退款退款退款发票", product="vault"),
        *(document(f"z{i:02}", f"怎么办 {i} 登录", body="网" * i, product="vault") for i in range(60)),
    )
    QUERIES = (
        query("未收到货退款"),
        query("退款发票登录网怎么办", floor=0.15, also=("wifi", "secret")),
        query("暗语"),
        query("", phrases=("货",), excluded=("暗语",)),
        query("退款", filters={"product": ("mall", "vault")}),
        query("饕餮", readings=(Reading(query("未收到貨怎么办").terms, 0.9),)),
    )

    @staticmethod
    def answers(engine: SearchEngine) -> list[object]:
        asked = (replace(one, audience="public", facets=("product", "audience")) for one in TestAudiences.QUERIES)
        results = map(engine.search, asked)
        return [([(h.id, h.score, h.reading) for h in found.hits], found.total, found.facets) for found in results]

    def test_what_others_may_see_changes_nothing(self, engine: SearchEngine) -> None:
        engine.rebuild(self.PUBLIC, "fp")
        alone = self.answers(engine)
        engine.rebuild([*self.INTERNAL, *self.PUBLIC], "fp-2")
        assert self.answers(engine) == alone
        assert engine.search(query("暗语")).hits[0].id == "secret"

    def test_nor_does_what_was_added_or_changed_for_others(self, engine: SearchEngine) -> None:
        engine.rebuild(self.PUBLIC, "fp")
        alone = self.answers(engine)
        with engine.batch() as batch:
            for one in self.INTERNAL:
                batch.put(one)
        with engine.batch() as batch:
            batch.put(document("secret", "退款的另一条暗语"))
        assert self.answers(engine) == alone

    @given(hidden=st.lists(st.tuples(_TEXTS, _TEXTS), max_size=8), asked=_TEXTS)
    @settings(max_examples=20)
    def test_whatever_others_may_see_changes_nothing(
        self, factory: EngineFactory, hidden: list[tuple[str, str]], asked: str
    ) -> None:
        internal = [document(f"h{i}", title, body=body) for i, (title, body) in enumerate(hidden)]
        answers = []
        for corpus in (self.PUBLIC, [*internal, *self.PUBLIC]):
            with tempfile.TemporaryDirectory() as folder:
                engine = factory(Path(folder), 5.0)
                engine.rebuild(corpus, "fp")
                found = engine.search(query(asked, audience="public", facets=("product",)))
                answers.append(([(hit.id, hit.score) for hit in found.hits], found.total, found.facets))
                engine.close()
        assert answers[0] == answers[1]

    def test_an_article_that_changes_its_audience_comes_and_goes(self, engine: SearchEngine) -> None:
        for audience in ("public", "internal", "public"):
            with engine.batch() as batch:
                batch.put(document("secret", "暗语", audience=audience))
            found = ids(engine, "暗语", audience="public")
            assert found == (["secret"] if audience == "public" else [])

    def test_an_audience_without_articles_finds_nothing(self, engine: SearchEngine) -> None:
        assert ids(engine, "退款", audience="nobody") == []
        assert ids(engine, "", audience="nobody") == []


class TestHighlights:
    def marked(self, engine: SearchEngine, text: str) -> list[tuple[str, str]]:
        evidence = engine.search(query(text)).hits[0].evidence()
        return [
            (name, evidence.texts[name].text[start:end]) for name in TEXT_FIELDS for start, end in evidence.marks(name)
        ]

    def test_ranges_point_into_the_original_text(self, engine: SearchEngine) -> None:
        assert self.marked(engine, "会员登录") == [("title", "會員"), ("title", "登錄")]

    def test_touching_matches_are_one_range(self, engine: SearchEngine) -> None:
        assert ("title", "未收到货退款") in self.marked(engine, "未收到货退款")

    def test_characters_that_fold_to_several_keep_their_place(self, engine: SearchEngine) -> None:
        engine.rebuild([document("sq", "面积㎡与㏄ 发票抬头")], "fp")
        assert self.marked(engine, "发票抬头") == [("title", "发票抬头")]


class TestWriting:
    def test_put_replaces_and_delete_removes(self, engine: SearchEngine) -> None:
        with engine.batch() as batch:
            batch.put(document("invoice", "纸质收据", revision="2"))
            batch.delete("wifi")
            batch.delete("never-there")
        assert ids(engine, "收据")[0] == "invoice"
        assert ids(engine, "电子发票") == []
        assert ids(engine, "Wi-Fi") == []
        assert engine.revisions() == {
            "invoice": "2", "not-received": "1", "received": "1", "traditional": "1",
        }  # fmt: skip

    def test_the_last_word_per_id_wins_within_a_batch(self, engine: SearchEngine) -> None:
        with engine.batch() as batch:
            batch.put(document("x", "第一版"))
            batch.put(document("x", "第二版"))
            batch.put(document("y", "第三版"))
            batch.delete("y")
        assert engine.doc_count() == len(CORPUS) + 1
        assert ids(engine, "第二版") == ["x"]

    def test_an_exception_in_a_batch_changes_nothing(self, engine: SearchEngine) -> None:
        before = engine.generation()

        def fail_midway() -> None:
            with engine.batch() as batch:
                batch.put(document("x", "半途而废"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_midway()
        assert engine.generation() == before
        assert ids(engine, "半途而废") == []
        with engine.batch() as batch:  # and the lock is free again
            batch.put(document("x", "再来一次"))
        assert ids(engine, "再来一次")[0] == "x"

    def test_many_small_batches_keep_ranking_and_counts_right(
        self, engine: SearchEngine, make: Callable[..., SearchEngine]
    ) -> None:
        for round_ in range(25):
            with engine.batch() as batch:
                batch.put(document("invoice", f"电子发票第{round_}版", revision=str(round_)))
                batch.put(document(f"n{round_}", f"新条目 {round_}"))
        fresh = make()
        assert fresh.doc_count() == len(CORPUS) + 25
        assert fresh.revisions()["invoice"] == "24"
        assert ids(fresh, "电子发票")[0] == "invoice"
        assert ids(fresh, "第23版", limit=30).count("invoice") == 1

    def test_scores_do_not_depend_on_how_the_index_came_about(self, engine: SearchEngine) -> None:
        with engine.batch() as batch:
            batch.put(document("extra", "临时条目退款"))
        with engine.batch() as batch:
            batch.delete("extra")
        grown = [(hit.id, round(hit.score, 4)) for hit in engine.search(query("退款发票")).hits]
        engine.rebuild(CORPUS, "fp-2")
        assert [(hit.id, round(hit.score, 4)) for hit in engine.search(query("退款发票")).hits] == grown

    def test_terms_by_prefix(self, engine: SearchEngine) -> None:
        assert "退款" in engine.terms("head", "退", 10)
        assert engine.terms("head", "退", 1) == ["退"]
        assert engine.terms("head", "zzz", 10) == []


class TestGenerations:
    def test_before_the_first_build_search_says_so(self, make: Callable[..., SearchEngine]) -> None:
        engine = make()
        assert (engine.generation(), engine.fingerprint()) == ("", None)
        with pytest.raises(IndexMissing):
            engine.search(query("退款"))

    def test_rebuild_changes_generation_and_fingerprint(self, engine: SearchEngine) -> None:
        before = engine.generation()
        engine.rebuild(CORPUS[:2], "fp-2")
        assert engine.generation() != before
        assert (engine.fingerprint(), engine.doc_count()) == ("fp-2", 2)

    def test_roll_back_serves_the_previous_generation(self, engine: SearchEngine) -> None:
        engine.rebuild([document("only", "唯一条目")], "fp-2")
        engine.rollback()
        assert engine.doc_count() == len(CORPUS)
        assert engine.fingerprint() == "fp-1"

    def test_roll_back_without_a_previous_generation_is_refused(self, engine: SearchEngine) -> None:
        with pytest.raises(IndexMissing):
            engine.rollback()
        assert engine.doc_count() == len(CORPUS)

    def test_a_large_build_holds_every_document_once(self, engine: SearchEngine) -> None:
        many = [document(f"d{i:05}", f"第{i}条 发票{i}") for i in range(4000)]
        engine.rebuild(many, "fp-2")
        assert engine.revisions() == {doc.id: "1" for doc in many}
        assert ids(engine, "", phrases=("发票3999",)) == ["d03999"]
        with engine.batch() as batch:
            batch.delete("d00000")
            batch.put(document("d03999", "改过的一条"))
        assert engine.doc_count() == 3999
        assert ids(engine, "", phrases=("发票3999",)) == []

    def test_a_title_that_many_share_does_not_fail_the_smoke_test(self, engine: SearchEngine) -> None:
        buried = document("aaa", "退款", *(f"完全无关的问题{i}" for i in range(50)))
        engine.rebuild([buried, *(document(f"b{i:02}", f"退款{i}") for i in range(20))], "fp-2")
        assert engine.doc_count() == 21

    def test_what_is_open_goes_on_when_the_pointer_is_lost(self, engine: SearchEngine, folder: Path) -> None:
        assert ids(engine, "电子发票")[0] == "invoice"
        (folder / "CURRENT").unlink()
        ticker = threading.Event()
        for _ in range(4):
            assert ids(engine, "电子发票")[0] == "invoice"
            ticker.wait(0.1)

    def test_an_empty_index_is_allowed(self, engine: SearchEngine) -> None:
        engine.rebuild([], "fp")
        assert engine.search(query("退款", facets=("product",))).total == 0

    def test_a_failing_rebuild_leaves_the_old_generation_serving(self, engine: SearchEngine) -> None:
        def breaks() -> Iterator[IndexDocument]:
            yield CORPUS[0]
            raise OSError(28, "No space left on device")

        before = engine.generation()
        with pytest.raises(EngineError, match="磁盘空间不足"):
            engine.rebuild(breaks(), "fp-2")
        assert (engine.generation(), engine.fingerprint()) == (before, "fp-1")
        assert ids(engine, "电子发票")[0] == "invoice"

    def test_the_same_id_twice_in_a_rebuild_is_refused(self, engine: SearchEngine) -> None:
        with pytest.raises(EngineError, match="invoice"):
            engine.rebuild([CORPUS[2], CORPUS[2]], "fp-2")

    def test_another_process_sees_a_commit_and_a_swap(
        self, engine: SearchEngine, make: Callable[..., SearchEngine]
    ) -> None:
        reader = make()
        assert reader.doc_count() == len(CORPUS)
        with engine.batch() as batch:
            batch.put(document("new", "新增条目"))
        wait_until(lambda: reader.doc_count() == len(CORPUS) + 1)
        engine.rebuild(CORPUS[:1], "fp-2")
        wait_until(lambda: reader.doc_count() == 1)

    def test_readers_never_fail_while_generations_are_swapped(
        self, engine: SearchEngine, make: Callable[..., SearchEngine]
    ) -> None:
        reader, stop, failures, searches = make(), threading.Event(), [], []

        def keep_searching() -> None:
            while not stop.is_set():
                try:
                    found = ids(reader, "电子发票")
                    searches.append(found[0])
                except Exception as error:  # any failure at all fails the test
                    failures.append(error)

        threads = [threading.Thread(target=keep_searching) for _ in range(3)]
        for thread in threads:
            thread.start()
        for round_ in range(8):
            engine.rebuild(CORPUS, f"fp-{round_}")
            with engine.batch() as batch:
                batch.put(document(f"x{round_}", "别的条目"))
        stop.set()
        for thread in threads:
            thread.join()
        assert not failures
        assert set(searches) == {"invoice"}


class TestLocksAndDamage:
    def test_a_second_writer_waits_then_gets_a_typed_error(
        self, engine: SearchEngine, make: Callable[..., SearchEngine]
    ) -> None:
        impatient = make(timeout=0.1)
        with engine.batch(), pytest.raises(IndexLocked, match="另一个进程"), impatient.batch():
            pass

    @pytest.mark.parametrize("moment", ["building", "before_swap"])
    def test_a_killed_rebuild_leaves_what_served_before(
        self, engine: SearchEngine, make: Callable[..., SearchEngine], folder: Path, moment: str
    ) -> None:
        process = multiprocessing.get_context("spawn").Process(
            target=rebuild_and_die, args=(type(engine), folder, moment)
        )
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        survivor = make(timeout=5.0)
        assert survivor.doc_count() == len(CORPUS)
        assert ids(survivor, "电子发票")[0] == "invoice"
        survivor.rebuild(CORPUS[:3], "fp-2")  # the lock died with its owner, leftovers don't disturb
        assert survivor.doc_count() == 3

    def test_files_cut_short_do_not_disturb_what_is_open(self, engine: SearchEngine, folder: Path) -> None:
        engine.doc_count()
        for path in engine_files(folder):
            os.truncate(path, 10)
        assert goes_on_or_says_why_not(engine)

    def test_damage_is_a_typed_error_and_a_rebuild_mends_it(
        self, engine: SearchEngine, make: Callable[..., SearchEngine], folder: Path
    ) -> None:
        engine.close()
        overwrite_everything(folder)
        damaged = make()
        with pytest.raises(IndexCorrupt, match="kb index --rebuild"):
            damaged.search(query("电子发票"))
        damaged.rebuild(CORPUS, "fp-1")
        assert ids(damaged, "电子发票")[0] == "invoice"

    @pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9, 1.0])
    def test_one_flipped_bit_in_any_file_is_found_and_the_file_named(
        self, engine: SearchEngine, make: Callable[..., SearchEngine], folder: Path, place: float
    ) -> None:
        with engine.batch() as batch:  # its files are as well protected as those of a build
            batch.put(document("more", "饕餮退款"))
            batch.delete("wifi")
        for path in engine_files(folder):
            sound = path.read_bytes()
            position = round(place * (len(sound) - 1))
            path.write_bytes(sound[:position] + bytes([sound[position] ^ 4]) + sound[position + 1 :])
            with pytest.raises(IndexCorrupt, match=path.name):
                make().doc_count()
            path.write_bytes(sound)
        assert make().doc_count() == len(CORPUS)

    def test_a_batch_meets_damage_under_an_open_index_as_a_typed_error(
        self, engine: SearchEngine, folder: Path
    ) -> None:
        engine.doc_count()
        overwrite_everything(folder)
        with pytest.raises(IndexCorrupt), engine.batch() as batch:
            batch.delete("wifi")
        assert goes_on_or_says_why_not(engine)


def goes_on_or_says_why_not(engine: SearchEngine) -> bool:
    """What is open answers as before if its files were read whole; mapped files may fail, but with a typed error."""
    try:
        hit = engine.search(query("未收到货退款")).hits[0]
        return hit.id == "not-received" and hit.evidence().texts["title"].text == "未收到货退款"
    except IndexCorrupt:
        return engine.name == "tantivy"


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Poll; fail when ``condition`` doesn't come true in time."""
    ticker = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        ticker.wait(0.05)
    pytest.fail("it did not happen in time")


def overwrite_everything(root: Path) -> None:
    """Damage every engine file of every generation; the pointer stays."""
    for path in engine_files(root):
        path.write_bytes(os.urandom(path.stat().st_size))


def engine_files(root: Path) -> list[Path]:
    """The files in which the engine keeps something."""
    ours = {*root.glob("*/meta.json")}
    files = (path for path in root.glob("*/**/*") if path.is_file() and path not in ours)
    return [path for path in files if path.stat().st_size]


def rebuild_and_die(engine_class: type, root: Path, moment: str) -> None:
    """Run in a child process: rebuild, and get killed while documents are written or just before the swap."""

    def documents() -> Iterator[IndexDocument]:
        yield document("half", "半成品")
        if moment == "building":
            os.kill(os.getpid(), signal.SIGKILL)

    if moment == "before_swap":
        import kb.engines.generations as generations

        generations.write_durably = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    engine_class(root, 5.0).rebuild(documents(), "fp-dead")


class TestLookingAhead:
    """``as_if`` answers what the index will answer once the document is put."""

    QUERIES = ("退款", "未收到货", "24小时", "发票怎么开", "商城", "7天退货", "")

    @pytest.mark.parametrize(
        "draft",
        [
            document("new", "退款多久到账", "钱什么时候退回来", body="原路退回，7 天内到账。", audience="public"),
            document("not-received", "没收到货退款", body="可以退。", product="finance", revision="2"),
            document("odd", "犇犇", product="nowhere", channel=()),
        ],
        ids=lambda draft: draft.id,
    )
    @pytest.mark.parametrize("audience", [None, "public"])
    def test_it_is_the_index_with_the_document_in_it(
        self, make: Callable[..., SearchEngine], draft: IndexDocument, audience: str | None
    ) -> None:
        engine = make()
        engine.rebuild((*TestAudiences.PUBLIC[:3], *CORPUS[3:]), "fp-1")
        ahead = engine.as_if(draft)
        asked = [query(text, facets=("product", "channel"), floor=0.1, audience=audience) for text in self.QUERIES]
        foreseen = list(map(ahead.search, asked))
        phrase = ahead.search(query("退款", phrases=("退款",), filters={"product": ("mall",)}))
        with engine.batch() as batch:
            batch.put(draft)
        for one, seen in zip(asked, foreseen, strict=True):
            found = engine.search(one)
            assert [(h.id, h.revision, h.score) for h in seen.hits] == [(h.id, h.revision, h.score) for h in found.hits]
            assert (seen.total, seen.facets) == (found.total, found.facets)
            assert [h.evidence() for h in seen.hits] == [h.evidence() for h in found.hits]
        assert [h.id for h in phrase.hits] == ids(engine, "退款", phrases=("退款",), filters={"product": ("mall",)})
        engine.close()

    def test_looking_ahead_changes_nothing(self, engine: SearchEngine) -> None:
        before = engine.search(query("退款"))
        engine.as_if(document("new", "退款")).search(query("退款"))
        after = engine.search(query("退款"))
        assert [(h.id, h.score) for h in before.hits] == [(h.id, h.score) for h in after.hits]
        assert "new" not in engine.revisions()
