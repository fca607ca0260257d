"""A chat → what is searched: bounded, traceable to the original, without greetings and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import QueryError
from kb.model import Message, Sentence
from kb.rules.conversation import MAX_CONVERSATION, MAX_SENTENCES, sentences
from kb.rules.query import MAX_QUERY, parse_query
from kb.text.chatter import essence
from kb.text.tokenizer import Tokenizer

TOKENIZER = Tokenizer()
TEXTS = st.text(max_size=400) | st.text(
    alphabet="您好亲谢哈吗订单号退款，。？\n 138-－[]“”｢｣\u200b😀a1:.", max_size=400
)
CHATS = st.lists(st.builds(Message, TEXTS, st.booleans()), max_size=8)


def said(*texts: str) -> tuple[Sentence, ...]:
    return sentences([Message(text) for text in texts])


def searched(*texts: str) -> list[str]:
    return [sentence.query for sentence in said(*texts)]


@given(CHATS)
def test_whatever_is_said_the_sentences_are_few_short_and_from_the_original(chat: list[Message]) -> None:
    found = sentences(chat)
    assert len(found) <= MAX_SENTENCES
    assert sentences(chat) == found
    for sentence in found:
        message = chat[sentence.message]
        assert message.by_customer
        assert message.text[sentence.start : sentence.end] == sentence.text != ""
        assert 0 < len(sentence.query) <= MAX_QUERY
        assert 0 < sentence.weight <= 1


@given(TEXTS)
def test_what_is_searched_holds_no_query_grammar(text: str) -> None:
    parsed = parse_query(essence(text)[:MAX_QUERY], TOKENIZER)
    assert not parsed.phrases
    assert not parsed.excluded


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀😀",
        "您好",
        "你好，在吗",
        "好的好的，谢谢亲",
        "[微笑][玫瑰]",
        "……",
        "ok, thanks!",
        "138 1234 5678",
        "亲" * 4000,
    ],
)
def test_who_only_greets_asks_nothing(text: str) -> None:
    assert said(text) == ()


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("您好，请问怎么退款？", "怎么退款"),
        ("你好评返现怎么领", "你好评返现怎么领"),
        ("订单号：202611201234567，怎么还没发货", "怎么还没发货"),
        ("快递单号SF1234567890123一直不动", "快递 一直不动"),
        ("手机号13812345678怎么改绑", "手机 怎么改绑"),
        ("622848开头的卡能用吗", "622848开头的卡能用吗"),
        ("看这个 https://a.example/x?id=1;2 能退吗", "看这个 能退吗"),
        ("“七天无理由”-运费怎么算", "七天无理由 运费怎么算"),
        ("東西壞了怎麼退錢[流泪]", "東西壞了怎麼退錢"),
        ("7天无理由退货要运费吗", "7天无理由退货要运费吗"),
    ],
)
def test_what_asks_nothing_is_left_out(text: str, query: str) -> None:
    assert searched(text) == [query]


def test_sentences_are_searched_one_by_one() -> None:
    assert searched("订单显示已发货但没物流信息。发票抬头开错了怎么重开？\n会员怎么退订") == [
        "订单显示已发货但没物流信息",
        "发票抬头开错了怎么重开",
        "会员怎么退订",
    ]


def test_a_chain_of_clauses_is_cut_after_a_question() -> None:
    text = "我上周在你们这里买了一个白色的杯子，到现在都还没有收到货，能不能给我退款，另外发票抬头写错了怎么重开"
    first, second = said(text)
    assert first.text.endswith("能不能给我退款")
    assert second.text == "另外发票抬头写错了怎么重开"


def test_a_giant_word_is_cut() -> None:
    (sentence,) = said("退" * MAX_CONVERSATION)
    assert sentence.query == "退" * MAX_QUERY


def test_later_sentences_and_questions_count_more() -> None:
    first, second, third = said("我的杯子收到就碎了", "可以赔多少钱？", "快递员的态度也不好")
    assert second.weight > third.weight > first.weight
    asked = said(*(f"第{n}件商品怎么退" for n in range(20)))
    assert [sentence.message for sentence in asked] == list(range(20 - MAX_SENTENCES, 20))


def test_a_repeated_sentence_is_searched_once_where_it_was_said_last() -> None:
    (sentence,) = said("怎么申请退款", "在吗", "怎么申请退款")
    assert sentence.message == 2


def test_a_follow_up_is_searched_with_the_sentence_before_it() -> None:
    assert searched("我的订单已经发货了", "那多久能到？")[-1] == "我的订单已经发货了 那多久能到"
    chat = [Message("怎么申请退款"), Message("您好，退款会原路返回。", by_customer=False), Message("多久？")]
    assert [sentence.query for sentence in sentences(chat)] == ["怎么申请退款", "退款会原路返回 多久"]


def test_too_long_a_chat_is_refused_with_a_way_out() -> None:
    with pytest.raises(QueryError, match="共 4001 个字，超过 4000 字的上限，请只发最后几条"):
        said("退" * 4000, "款")
