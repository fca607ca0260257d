"""Reading what a person typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import QueryError
from kb.rules.query import STOP_WEIGHT, UNIT_WEIGHT, ParsedQuery, parse_query
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer

TOKENIZER = Tokenizer()


def parse(text: str) -> ParsedQuery:
    return parse_query(text, TOKENIZER, function_words())


def weights(text: str) -> dict[str, float]:
    return {term.text: term.weight for term in parse(text).terms}


def test_units_weigh_more_than_pairs() -> None:
    assert weights("退款") == {"退": UNIT_WEIGHT, "退款": 1.0, "款": UNIT_WEIGHT}


def test_fillers_weigh_little_but_stay() -> None:
    found = weights("请问退款怎么办")
    assert found["退款"] == 1.0
    assert found["怎么"] == found["请问"] == pytest.approx(STOP_WEIGHT)
    assert parse("请问退款怎么办").words == ("退款",)


def test_fillers_alone_are_the_query() -> None:
    assert weights("怎么办")["怎么"] == 1.0
    assert parse("怎么办").words == ("怎么办",)


@pytest.mark.parametrize("text", ['"收到货"', "“收到货”", "「收到货」", "＂收到货＂"])
def test_quotes_of_any_kind_make_a_phrase(text: str) -> None:
    parsed = parse(f"{text} 退款")
    assert parsed.phrases == ("收到货",)
    assert "收到" in weights(f"{text} 退款")


def test_a_minus_before_a_word_excludes_it() -> None:
    parsed = parse("退款 -生鲜 －定制")
    assert parsed.excluded == ("生鲜", "定制")
    assert "生鲜" not in weights("退款 -生鲜")


def test_a_minus_before_a_phrase_excludes_the_phrase() -> None:
    parsed = parse('退款 -"未收到货"')
    assert (parsed.phrases, parsed.excluded) == ((), ("未收到货",))
    assert "未收" not in weights('退款 -"未收到货"')


def test_single_characters_typed_together_are_one_word() -> None:
    assert parse("退宽").words == ("退宽",)


def test_a_minus_inside_a_word_excludes_nothing() -> None:
    assert parse("wi-fi").excluded == ()


@pytest.mark.parametrize("text", ["", "   ", "🎉🎉", "？！", "\x00\x1f", '""', "-", '"！！"', "“……”"])
def test_nothing_to_look_for_is_empty(text: str) -> None:
    assert parse(text).is_empty


def test_too_long_a_query_is_refused_with_its_length() -> None:
    with pytest.raises(QueryError, match="10000 个字"):
        parse("退" * 10_000)


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    parsed = parse(text)
    assert all(0 < term.weight <= UNIT_WEIGHT for term in parsed.terms)
    assert len({term.text for term in parsed.terms}) == len(parsed.terms)
