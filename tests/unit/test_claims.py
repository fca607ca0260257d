"""Clauses with one value each: which say the same of something, and which values exclude each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.ports.findings import Claim
from kb.rules.claims import claims_in, contradict, values_in


def one_claim(text: str) -> Claim:
    (claim,) = claims_in(text)
    return claim


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("退款会在 3 天内原路退回。", "退款一般 5天 原路退回"),
        ("退款会在 3 天内原路退回。", "您好，您的退款将在五天之内原路退回，请放心。"),
        ("拨打 400-820-6600 咨询客服", "拨打 4008206611 咨询客服"),
        ("活动到 11月11日 全部结束", "活动到11月12日全部结束"),
        ("满 59 元免基础运费", "满 ¥99 免基础运费"),
        ("退款 1-3 天原路退回", "退款 5 天原路退回"),
    ],
)
def test_the_same_said_with_another_value(one: str, other: str) -> None:
    a, b = one_claim(one), one_claim(other)
    assert a.key == b.key
    assert contradict(a.value, b.value)
    assert contradict(b.value, a.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("退款 3 天原路退回", "退款 1-3 天原路退回"),
        ("退款 3 天原路退回", "退款 三天 原路退回"),
        ("退款 1-3 天原路退回", "退款 2-5 天原路退回"),
        ("活动到 11月11日 全部结束", "活动到 2026-11-11 全部结束"),
        ("活动到 11月 全部结束", "活动到 11月11日 全部结束"),
    ],
)
def test_values_that_hold_together(one: str, other: str) -> None:
    a, b = one_claim(one), one_claim(other)
    assert not contradict(a.value, b.value)
    assert not contradict(b.value, a.value)


def test_another_year_is_another_day() -> None:
    a, b = one_claim("活动到 2025-11-11 全部结束"), one_claim("活动到 2026-11-11 全部结束")
    assert a.key == b.key
    assert contradict(a.value, b.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("余额退款 1 天原路退回", "银行卡退款 3 天原路退回"),
        ("签收后 7 天可以退货", "签收后 7 天不可以退货"),
        ("签收后 24 小时可以退货", "签收后 1 天可以退货"),
    ],
)
def test_what_differs_in_more_than_the_value_says_something_else(one: str, other: str) -> None:
    assert one_claim(one).key != one_claim(other).key


@pytest.mark.parametrize(
    "text",
    [
        "限额 500 元。",  # of what?
        "详见 https://example.com/3 里的说明文字",
        "没有数字的一句普通的话",
        "普通退款需要等待 3 天，黄金会员不同；普通退款需要等待 5 天",  # two cases of the same article
    ],
)
def test_what_claims_nothing(text: str) -> None:
    assert claims_in(text) == ()


def test_marks_within_a_value_end_no_clause() -> None:
    assert one_claim("您好，单笔付款上限 5,000 元（实名后），请放心").clause == "单笔付款上限 5,000 元"


@given(st.text(alphabet="退款三天35-元，。：￥年月日号:,.%12 \n"))
def test_any_text_can_be_read_and_nothing_contradicts_itself(text: str) -> None:
    claims = claims_in(text)
    assert len({claim.key for claim in claims}) == len(claims)
    for claim in claims:
        assert claim.clause in text
        assert claim.value in values_in(text)
        assert not contradict(claim.value, claim.value)


@given(*[st.integers(0, 99)] * 4)
def test_ranges_exclude_each_other_unless_they_overlap(a: int, b: int, c: int, d: int) -> None:
    (low, high), (other_low, other_high) = sorted((a, b)), sorted((c, d))
    one, other = f"quantity||{low}-{high}|天", f"quantity||{other_low}-{other_high}|天"
    overlap = bool(set(range(low, high + 1)) & set(range(other_low, other_high + 1)))
    assert contradict(one, other) == contradict(other, one) == (not overlap)
