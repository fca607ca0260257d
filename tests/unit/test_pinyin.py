"""The readings of characters in their context."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.pinyin import syllables
from kb.text.pinyin_table import reading_of_word, readings_of
from tests.pinyin_table import readings


def spelled(text: str) -> str:
    return " ".join(readings[0] for readings in syllables(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("退款", "tui kuan"),
        ("银行", "yin hang"),
        ("会员", "hui yuan"),
        ("还款", "huan kuan"),
        ("长按", "chang an"),
        ("重置", "chong zhi"),
        ("重新", "chong xin"),
        ("行李", "xing li"),
        ("音乐", "yin yue"),
        ("没收到货", "mei shou dao huo"),
        ("发卡", "fa ka"),
        ("绿色策略", "lv se ce lue"),
    ],
)
def test_common_words_are_read_rightly(text: str, expected: str) -> None:
    assert spelled(text) == expected


def test_the_word_around_decides_between_two_readings() -> None:
    assert syllables("银行")[1] == ("hang",)
    assert syllables("行李")[0] == ("xing",)


def test_both_readings_count_where_no_word_decides() -> None:
    assert set(syllables("还")[0]) == {"hai", "huan"}
    assert set(syllables("重")[0]) == {"chong", "zhong"}


def test_the_reading_of_the_character_alone_counts_beside_a_rare_one() -> None:
    assert syllables("角色")[0] == ("jue", "jiao")


def test_what_is_not_chinese_has_no_reading() -> None:
    assert syllables("a5，😀\ud800") == [()] * 5


@given(st.text(st.characters(exclude_categories=())))
def test_every_character_gets_its_readings_in_plain_letters(text: str) -> None:
    result = syllables(text)
    assert len(result) == len(text)
    assert all(reading.isalpha() and reading.islower() for readings in result for reading in readings)


def test_the_table_is_what_pypinyin_says() -> None:
    """Write it anew with ``python -m tests.pinyin_table`` when pypinyin has learned something."""
    differing = [
        text
        for text, expected in readings()
        if (reading_of_word(text) if len(text) > 1 else readings_of(text)) != expected
    ]
    assert differing == []
