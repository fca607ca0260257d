"""What is suggested for which keystrokes, and in which order."""

from typing import Any

import pytest

from kb.model import Suggestion
from kb.suggest import CellCutter, Entry, Suggester

WORDS = {"退款", "退货", "收到", "到货", "到账", "时效", "优惠", "支付", "密码", "登录", "客服", "平台", "会员", "权益"}


def article(title: str, *questions: str, **fields: Any) -> Entry:
    return Entry(title, id=f"id of {title}", questions=questions, **fields)


REFUND: Any = {"product": "网上商城", "scenario": "退款与退货"}
ENTRIES = [
    article("未收到货退款", "没收到货怎么退款", "快递丢了能退钱吗", **REFUND),
    article("已收到货退款", **REFUND),
    article("退款到账时效", "钱什么时候到账", **REFUND),
    article("换货", "发错颜色想换", **REFUND),
    article("忘记支付密码", product="支付与账户", scenario="登录与账户安全"),
    article("PLUS 会员权益说明", product="会员与优惠", scenario="PLUS 会员"),
    article("设备是否支持 5G Wi-Fi", product="智能家居设备", scenario="配网与连接"),
    article("重置门锁密码", product="智能家居设备", scenario="智能门锁"),
    Entry("退款与退货", "scenario", **REFUND),
    Entry("登录与账户安全", "scenario", product="支付与账户", scenario="登录与账户安全"),
    Entry("网上商城", "product", product="网上商城"),
    Entry("退款 多久", "query", popularity=9),
]
SUGGESTER = Suggester(ENTRIES, CellCutter(WORDS.__contains__))


def texts(typed: str, suggester: Suggester = SUGGESTER, **options: Any) -> list[str]:
    return [suggestion.text for suggestion in suggester.suggest(typed, **options)]


def only(*entries: Entry) -> Suggester:
    return Suggester(entries, CellCutter(WORDS.__contains__))


@pytest.mark.parametrize(
    "typed", ["退款", "tk", "tuikuan", "TuiKuan", "退kuan", "退k", "tui款", "tuik", "tkuan", "t款"]
)
def test_every_way_to_type_a_word_finds_it_anywhere_in_a_title(typed: str) -> None:
    assert texts(typed)[:3] == ["退款到账时效", "已收到货退款", "未收到货退款"]


@pytest.mark.parametrize("typed", ["weishoudaohuo", "wsdhtk", "未sdh", "weishoudh", "wshoudaoh", "未shou到huo退kuan"])
def test_long_and_mixed_input_finds_the_one_title_that_is_meant(typed: str) -> None:
    assert texts(typed)[0] == "未收到货退款"


@pytest.mark.parametrize(
    "typed", ["退 款", "tui'kuan", " tui kuan ", "退，款", "退\t款", "ｔｕｉｋｕａｎ", "退\u200b款"]
)
def test_blanks_separators_and_width_do_not_matter(typed: str) -> None:
    assert "未收到货退款" in texts(typed)


def test_traditional_characters_find_simplified_ones() -> None:
    assert texts("換貨") == texts("换货")


@pytest.mark.parametrize("typed", ["5g", "wifi", "Wi-Fi", "5gwifi", "zhichi5g", "zc5g", "支持5g"])
def test_letters_and_digits_of_a_title_are_typed_as_they_are(typed: str) -> None:
    assert texts(typed)[0] == "设备是否支持 5G Wi-Fi"


@pytest.mark.parametrize("typed", ["plushuiyuan", "plushy", "plus会员"])
def test_latin_words_and_pinyin_may_follow_each_other(typed: str) -> None:
    assert texts(typed)[0] == "PLUS 会员权益说明"


@pytest.mark.parametrize("typed", ["zhf", "zhifu", "zf", "zhfmima"])
def test_initials_of_two_letters_may_be_typed_in_full(typed: str) -> None:
    assert texts(typed)[0] == "忘记支付密码"


def test_a_polyphone_is_found_by_the_reading_of_its_word() -> None:
    assert texts("chongzhi")[0] == "重置门锁密码"


def test_a_polyphone_without_a_word_is_found_by_each_reading() -> None:
    suggester = only(article("分期能提前还吗"))
    assert texts("tiqianhuan", suggester) == texts("tiqianhai", suggester) == ["分期能提前还吗"]


def test_pinyin_matches_only_from_the_beginning_of_a_syllable() -> None:
    assert texts("uikuan") == []


def test_a_question_finds_its_article_and_the_title_is_shown_unmarked() -> None:
    (suggestion,) = SUGGESTER.suggest("快递丢了")
    assert (suggestion.text, suggestion.id, suggestion.marks) == ("未收到货退款", "id of 未收到货退款", ())


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ("退款", "退款"),
        ("tk", "退款"),
        ("tuik", "退款"),
        ("退kuan", "退款"),
        ("shoudaoh", "收到货"),
        ("wshoudaoh", "未收到货"),
    ],
)
def test_marks_cover_what_was_typed(typed: str, marked: str) -> None:
    suggestion = next(s for s in SUGGESTER.suggest(typed) if s.text == "未收到货退款")
    assert [suggestion.text[start:end] for start, end in suggestion.marks] == [marked]


def test_marks_point_into_the_text_as_it_is_shown() -> None:
    (suggestion,) = only(article("①号 ㎏ 称重，Wi-Fi")).suggest("chengzhongwifi")
    assert [suggestion.text[start:end] for start, end in suggestion.marks] == ["称重，Wi-Fi"]


def test_better_places_of_a_match_come_first() -> None:
    suggester = only(
        article("平台客服怎么找"),  # 台客 is no word
        article("怎么办", "我要退款"),
        article("怎样办", "退款规则"),
        article("已收到货退款"),
        article("退款到账时效"),
        article("去哪里办", "tk"),
        article("退款"),
    )
    expected = ["退款", "去哪里办", "退款到账时效", "已收到货退款", "怎样办", "怎么办", "平台客服怎么找"]
    assert texts("tk", suggester) == expected


def test_what_was_typed_literally_comes_before_pinyin_and_initials() -> None:
    suggester = only(article("安全", popularity=9), article("a股", popularity=1), article("an键"))
    assert texts("an", suggester) == ["an键", "安全"]


def test_full_pinyin_comes_before_initials() -> None:
    suggester = only(article("国安大厦", popularity=9), article("改签"))
    assert texts("ga", suggester) == ["改签", "国安大厦"]


def test_ambiguous_pinyin_is_read_in_every_way() -> None:
    suggester = only(article("西安门店", popularity=1), article("先付后用"))
    assert texts("xian", suggester) == ["西安门店", "先付后用"]


def test_equal_matches_are_ordered_by_use_then_weight_then_length_then_text() -> None:
    suggester = only(
        article("退款丙"),
        article("退款乙"),
        article("退款长一些"),
        article("退款有权重", weight=1),
        article("退款常用", popularity=2.5),
    )
    assert texts("退款", suggester) == ["退款常用", "退款有权重", "退款丙", "退款乙", "退款长一些"]


def test_children_of_a_named_scenario_come_before_it_and_it_before_queries_that_fit_worse() -> None:
    assert texts("退款") == [
        "退款到账时效",
        "已收到货退款",
        "未收到货退款",
        "换货",  # says nothing of 退款 itself, but its scenario does
        "退款与退货",
        "退款 多久",
    ]


def test_a_named_product_brings_the_articles_of_all_its_scenarios() -> None:
    assert set(texts("wangshangshangcheng")[:-1]) == {"未收到货退款", "已收到货退款", "退款到账时效", "换货"}
    assert texts("wangshangshangcheng")[-1] == "网上商城"


def test_a_scenario_matched_inside_a_word_does_not_bring_its_articles() -> None:
    suggester = only(article("换货", **REFUND), Entry("退款与退货", "scenario", **REFUND))
    assert texts("款与", suggester) == ["退款与退货"]


def test_a_query_that_repeats_another_text_is_left_out() -> None:
    suggester = only(article("换货"), Entry("换 货", "query"), Entry("换货 运费", "query"))
    assert texts("换货", suggester) == ["换货", "换货 运费"]


def test_suggestions_carry_what_the_row_shows() -> None:
    suggester = only(article("换货", freshness="stale", **REFUND), Entry("换货 运费", "query"))
    assert suggester.suggest("huan") == [
        Suggestion("换货", "article", "id of 换货", "网上商城", "退款与退货", "stale", ((0, 1),)),
        Suggestion("换货 运费", "query", None, None, None, None, ((0, 1),)),
    ]


def test_a_place_without_articles_is_not_suggested() -> None:
    suggester = only(
        article("换货", **REFUND),
        Entry("退款与退货", "scenario", **REFUND),
        Entry("退款审批", "scenario", product="网上商城", scenario="退款审批"),
        Entry("退款中心", "product", product="退款中心"),
    )
    assert texts("退款", suggester) == ["换货", "退款与退货"]


def test_the_limit_holds_and_keeps_the_best() -> None:
    suggester = only(*(article(f"退款{i}", popularity=i % 1000) for i in range(3000)))
    best = sorted(range(3000), key=lambda i: (-(i % 1000), len(str(i)), str(i)))
    for typed in ("退", "tuik", "tk", "退kuan"):
        assert texts(typed, suggester) == [f"退款{i}" for i in best[:10]]
        assert texts(typed, suggester, limit=70) == [f"退款{i}" for i in best[:70]]
    assert texts("退", suggester, limit=0) == []


def test_an_article_that_matches_in_many_places_does_not_crowd_out_the_others() -> None:
    suggester = only(article("退退退", *("退" * n for n in range(1, 60))), article("快退"))
    assert texts("退", suggester, limit=2) == ["退退退", "快退"]


@pytest.mark.parametrize("typed", ["", "  ", "？！", "😀", "\x00\x1f", "'", "\ud800", "%"])
def test_nothing_that_can_be_looked_up_gives_nothing(typed: str) -> None:
    assert texts(typed) == []


@pytest.mark.parametrize(
    "typed", ["' OR 1=1 --", "zhang" * 40, "z" * 200, "退" * 60, "退t" * 30, "xian" * 50, "0" * 200]
)
def test_strange_input_does_no_harm(typed: str) -> None:
    assert texts(typed) == []


def test_without_entries_there_are_no_suggestions() -> None:
    assert texts("退款", only()) == []


@pytest.mark.parametrize(
    ("typed", "title", "marks"),
    [
        ("忘记密码", "忘记支付密码", ((0, 2), (4, 6))),
        ("置密码", "重置门锁密码", ((1, 2), (4, 6))),
        ("权益PLUS", "PLUS 会员权益说明", ((0, 4), (7, 9))),
    ],
)
def test_what_nobody_wrote_in_a_row_finds_the_lines_that_have_most_of_it(
    typed: str, title: str, marks: tuple[tuple[int, int], ...]
) -> None:
    best = SUGGESTER.suggest(typed)[0]
    assert (best.text, best.marks, best.question) == (title, marks, None)


def test_what_stands_in_a_row_keeps_out_what_only_has_the_parts() -> None:
    assert texts("退款", only(article("款式不对想退"), article("退款时效"))) == ["退款时效"]


def test_less_than_half_of_the_input_is_no_match() -> None:
    assert texts("退火星人") == []


@pytest.mark.parametrize(("typed", "title"), [("退宽", "未收到货退款"), ("支负密码", "忘记支付密码"), ("环伙", "换货")])
def test_a_wrong_character_that_sounds_right_finds_what_is_meant(typed: str, title: str) -> None:
    assert title in [row.text for row in SUGGESTER.suggest(typed) if row.marks]


def test_half_a_syllable_does_not_sound_right() -> None:
    assert texts("黄火", only(article("换货"))) == []  # huang is not huan


def test_the_question_that_matched_is_shown() -> None:
    assert [(row.text, row.question) for row in SUGGESTER.suggest("快递丢")] == [("未收到货退款", "快递丢了能退钱吗")]
    assert [(row.text, row.question) for row in SUGGESTER.suggest("钱到账")] == [("退款到账时效", "钱什么时候到账")]
    assert SUGGESTER.suggest("退款到账")[0].question is None
