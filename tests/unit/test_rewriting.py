"""The same question in other words: what is put in, and above all what is not (over-expansion)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.query import MAX_QUERY
from kb.rules.rewriting import MOST_REWRITINGS, SPELLING, SYNONYM, Change, Synonyms
from kb.text.spelling import Spelling
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from kb.usecases.question import Question, Vocabulary

GROUPS = (
    ("退款", "退钱", "返款"),
    ("到账", "入账"),
    ("快递", "包裹"),
    ("快递费", "运费", "邮费"),
    ("快递员", "派件员"),
    ("会员", "VIP"),
    ("多扣", "扣了两次"),
    ("手机号", "电话号码"),
    ("Wi-Fi", "无线网"),
    ("摄像头", "監控"),
)
TEXTS = (
    *("退款到账时效", "怎么退款", "退钱多久入账", "返款说明", "快递没到", "包裹丢了", "快递费多少", "运费谁出", "邮费"),
    *(
        "投诉快递员",
        "派件员态度",
        "会员权益",
        "vip 权益",
        "多扣了钱",
        "扣了两次",
        "修改手机号",
        "电话号码",
        "wi-fi 断了",
    ),
    *("无线网断了", "监控离线", "摄像头离线", "快递没到怎么办", "退款"),
)
SPELLER = Spelling(TEXTS)
HOUSE = Vocabulary(Tokenizer(["会员日", "到账", "入账", "快递费"]), function_words(), Synonyms(GROUPS))


def read(text: str) -> Question:
    return HOUSE.read(text, SPELLER)


def readings(text: str) -> list[str]:
    return [rewriting.text for rewriting in read(text).rewritings]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("我要退钱", ["我要退款", "我要返款"]),
        ("退款", ["退钱", "返款"]),
        ("扣了两次钱", ["多扣钱"]),  # a side of several words
        ("快递员没来", ["派件员没来"]),  # the longest, not 快递
        ("无线网连不上", ["wi-fi连不上"]),
        ("WiFi 连不上", []),  # another spelling is another word of the group
        ("ＶＩＰ权益", ["会员权益"]),
        ("監控离线", ["摄像头离线"]),
    ],
)
def test_a_word_of_a_group_is_exchanged(typed: str, expected: list[str]) -> None:
    assert readings(typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "会员日活动",  # a longer word of the house
        "入账户",  # 入 账户
        "“退钱”多久",  # in quotes
        "多久 -退钱",  # excluded
        "多久 -“退钱”",
        "viper 怎么样",  # inside a Latin word
        "怎么办",
        "",
        "🎉",
        "-",
    ],
)
def test_over_expansion(typed: str) -> None:
    assert readings(typed) == []


def test_what_stands_outside_the_quotes_is_still_exchanged() -> None:
    assert readings("“退钱” 包裹 -运费") == ["“退钱” 快递 -运费"]


def test_a_word_that_no_title_or_question_has_is_not_put_in() -> None:
    assert HOUSE.read("退钱", Spelling(["退款多久"])).rewritings[0].text == "退款"
    assert HOUSE.read("退钱", Spelling(["别的"])).rewritings == ()


def test_several_groups_give_all_first_choices_then_each_alone() -> None:
    assert readings("退钱几天入账") == ["退款几天到账", "退款几天入账", "退钱几天到账", "返款几天入账"]


def test_mended_spelling_comes_first_and_takes_synonyms_too() -> None:
    question = read("退宽多久")
    assert [row.text for row in question.rewritings] == ["退款多久", "退钱多久", "返款多久"]
    assert question.rewritings[0].changes == (Change(SPELLING, "退宽", "退款"),)
    assert question.rewritings[1].changes == (Change(SPELLING, "退宽", "退款"), Change(SYNONYM, "退款", "退钱"))
    weights = [row.weight for row in question.rewritings]
    assert weights == sorted(weights, reverse=True)
    assert all(0 < weight < 1 for weight in weights)


def test_a_slip_in_quotes_is_meant() -> None:
    assert readings("“退宽”") == []
    assert readings("-退宽 运费")[0] == "-退宽 快递费"


def test_a_word_in_two_groups_has_the_others_of_both() -> None:
    found = Synonyms([("监控", "摄像头"), ("监控", "看守")]).places("监控", [(0, 2)])
    assert list(found) == [((0, 2), ("摄像头", "看守"))]


def test_a_reading_that_grows_too_long_is_left_out() -> None:
    text = "退钱" + "啊" * (MAX_QUERY - 2)
    house = Vocabulary(Tokenizer(), function_words(), Synonyms([("退钱", "退款流程")]))
    assert house.read(text, Spelling(["退款流程"])).rewritings == ()


WORDS = st.sampled_from([word for group in GROUPS for word in group] + ["退宽", "怎么", "“", "”", " ", "-", "会员日"])


@given(st.lists(st.one_of(WORDS, st.text(max_size=3)), max_size=12).map("".join))
def test_readings_are_few_new_and_leave_the_query_as_it_is(text: str) -> None:
    if len(text) > MAX_QUERY:
        return
    question = read(text)
    texts = [rewriting.text for rewriting in question.rewritings]
    assert question.typed == HOUSE.parse(text)
    assert len(texts) == len(set(texts)) <= MOST_REWRITINGS
    assert question.typed.folded not in texts
    assert all(rewriting.changes and 0 < rewriting.weight < 1 for rewriting in question.rewritings)
    assert all(reading.phrases == question.typed.phrases for reading in question.readings)
    assert all(reading.excluded == question.typed.excluded for reading in question.readings)


@given(st.lists(WORDS, max_size=8).map("".join))
def test_reading_is_stable(text: str) -> None:
    assert read(text) == read(text)
    for rewriting in read(text).rewritings:
        assert not any(change.kind == SPELLING for again in read(rewriting.text).rewritings for change in again.changes)
