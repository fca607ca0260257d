"""Corrections that the titles support, and none that they don't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.normalize import normalize
from kb.text.spelling import Spelling

TITLES = ("未收到货退款", "账号登录锁定", "PLUS 会员权益说明", "摄像头云存储套餐", "重复扣款退回")
SPELLING = Spelling(TITLES)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("退宽", "退款"),
        ("登陆锁定", "登录锁定"),
        ("会圆权益", "会员权益"),
        ("plsu 会员", "plus 会员"),
        ("充复扣款", "重复扣款"),
    ],
)
def test_same_sound_and_near_latin_words_are_mended(typed: str, meant: str) -> None:
    assert SPELLING.correct(typed) == meant


@pytest.mark.parametrize("typed", [*map(normalize, TITLES), "饕餮", "", "wifi", "5g", "abc", "🎉"])
def test_what_is_right_or_has_no_likeness_is_left_alone(typed: str) -> None:
    assert SPELLING.correct(typed) is None


@given(st.text(st.one_of(st.characters(), st.sampled_from("退宽款登陆录plus ")), max_size=30))
def test_any_text_can_be_checked(text: str) -> None:
    corrected = SPELLING.correct(normalize(text))
    assert corrected is None or corrected != normalize(text)
