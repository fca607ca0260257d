"""Folding: what looks different but means the same becomes the same, and every position can be traced back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.analyzer import analyze
from kb.text.normalize import normalize, normalize_with_offsets

#: everything, but often Chinese, width variants and characters that fold to none or several
texts = st.text(
    st.one_of(st.characters(), st.sampled_from("退款貨７Ｇ㎡①ﬁ\u200b\ufe0fé\u0301İ한ｶﾞ\ud800\x00🎉")), max_size=60
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Ｗｉ－Ｆｉ ５Ｇ", "wi-fi 5g"),
        ("會員無法登錄", "会员无法登录"),
        ("退\u200b款\ufeff", "退款"),
        ("e\u0301 é", "e e"),
        ("①㎡", "1m2"),
        ("a\tb\x00c", "a b c"),
        ("臺灣銀行", "台湾银行"),
    ],
)
def test_variants_become_one(written: str, folded: str) -> None:
    assert normalize(written) == folded


@given(texts)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(texts)
def test_offsets_lead_from_every_folded_character_to_its_original(text: str) -> None:
    folded, offsets = normalize_with_offsets(text)
    if offsets is None:
        offsets = list(range(len(text) + 1))
    assert len(offsets) == len(folded) + 1
    assert offsets == sorted(offsets)
    for i, character in enumerate(folded):
        assert character in normalize(text[offsets[i]])


@given(texts, st.data())
def test_a_range_of_the_folded_text_is_a_range_of_the_original(text: str, data: st.DataObject) -> None:
    analyzed = analyze(text)
    if not analyzed.folded:
        return
    start = data.draw(st.integers(0, len(analyzed.folded) - 1))
    end = data.draw(st.integers(start + 1, len(analyzed.folded)))
    a, b = analyzed.original_span(start, end)
    assert 0 <= a < b <= len(text)
    assert analyzed.folded[start:end] in normalize(text[a:b])
