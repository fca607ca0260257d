"""Facts in texts, in a form that compares, and which of them an edit changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.changed_facts import changed_facts
from kb.rules.facts import facts_in
from kb.text.numerals import value_of_numeral

_UNITS = ("天", "个工作日", "小时", "个月", "元", "折", "%")


def keys(text: str) -> list[tuple[str, str, str]]:
    return [fact.key for fact in facts_in(text)]


def changes(old: str, new: str) -> list[tuple[str, str | None]]:
    return [(change.written, change.now) for change in changed_facts(old, new)]


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (("7天", "7 天", "七天", "７天", "7日", "7 自然日"), ("quantity", "7", "天")),
        (("24小时", "二十四小时", "24 个小时"), ("quantity", "24", "小时")),
        (("¥300", "300元", "￥300.00", "300 块", "三百元"), ("quantity", "300", "元")),
        (("1万元", "1 万", "10,000 元", "10000元"), ("quantity", "10000", "元")),
        (("8折", "八折", "8.0 折"), ("quantity", "8", "折")),
        (("80%", "80％", "百分之八十"), ("quantity", "80", "%")),
        (("3-7个工作日", "3～7 个工作日", "3 至 7 工作日"), ("quantity", "3-7", "工作日")),
        (("11月30日", "11 月 30 号", "2026-11-30", "2026年11月30日", "2026/11/30"), ("date", "11-30", "")),
        (("400-820-8820", "4008208820", "400 820 8820"), ("phone", "4008208820", "")),
        (("95588",), ("phone", "95588", "")),
        (("010-12345678",), ("phone", "01012345678", "")),
        (("https://Example.com/a/", "example.com/a", "http://example.com/a。"), ("url", "example.com/a", "")),
    ],
)
def test_what_means_the_same_is_the_same_fact(spellings: tuple[str, ...], key: tuple[str, str, str]) -> None:
    for spelling in spellings:
        assert keys(f"请在{spelling}内处理") == [key], spelling


@pytest.mark.parametrize(
    "text",
    ["十分感谢", "一个问题", "三月再说", "第三天", "下一个工作日", "几天", "订单 12345678901234567890", "二三天"],
)
def test_words_that_only_look_like_figures_are_none(text: str) -> None:
    assert keys(text) == []


def test_a_day_is_not_24_hours_and_a_big_amount_no_phone_number() -> None:
    assert keys("1天") != keys("24小时")
    assert keys("95000 元") == [("quantity", "95000", "元")]


def test_a_date_without_a_year_may_be_any_years() -> None:
    (short,), (this,), (other,) = map(facts_in, ("11月30日", "2026-11-30", "2025年11月30日"))
    assert short.is_same(this)
    assert not this.is_same(other)


@given(st.integers(1, 9999))
def test_numerals_say_their_number(number: int) -> None:
    digits, powers = "零一二三四五六七八九", ("", "十", "百", "千")
    written, zero = "", False
    for place, digit in zip(range(len(str(number)) - 1, -1, -1), map(int, str(number)), strict=True):
        if digit:
            written += ("零" if zero else "") + digits[digit] + powers[place]
        zero = not digit
    assert value_of_numeral(written) == number
    assert value_of_numeral(written.removeprefix("一") if written.startswith("一十") else written) == number


@given(st.text())
def test_facts_stand_where_they_say(text: str) -> None:
    end = 0
    for fact in facts_in(text):
        assert end <= fact.start < fact.end <= len(text)
        end = fact.end


@given(st.text(alphabet="七7天元,.-¥ 月日40年/:ahtps", max_size=80))
def test_a_text_changes_nothing_against_itself(text: str) -> None:
    assert changed_facts(text, text) == ()


@given(st.integers(1, 500), st.integers(501, 999), st.sampled_from(_UNITS))
def test_another_number_is_the_one_change(old: int, new: int, unit: str) -> None:
    text = "您好，退货要在 {}内寄回，\n到账要 5 分钟。"
    assert changes(text.format(f"{old}{unit}"), text.format(f"{new} {unit}")) == [(f"{old}{unit}", f"{new} {unit}")]


def test_the_words_around_tell_which_of_several_became_what() -> None:
    old = "签收后 7 天内可退，质量问题 15 天内可换，退款 3 天到账。"
    new = "质量问题 30 天内可换；签收后 7 天内可退，退款 5 天到账。"
    assert changes(old, new) == [("15 天", "30 天"), ("3 天", "5 天")]


def test_what_is_only_written_otherwise_or_moved_has_not_changed() -> None:
    assert changes("七天内退\n打 400-820-8820", "打 4008208820\n7 天内退货") == []


def test_what_is_gone_has_nothing_in_its_place() -> None:
    assert changes("请打 95588，或写信。", "请写信。") == [("95588", None)]


def test_a_page_of_figures_is_compared_by_value() -> None:
    old = " ".join(f"{n}元" for n in range(1, 2000))
    assert changes(old, old.replace("1999元", "2元")) == [("1999元", None)]
