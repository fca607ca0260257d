from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.slugs import slug_of


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("退款与退货", "tui-kuan-yu-tui-huo"),
        ("IC卡业务", "ic-ka-ye-wu"),
        ("PLUS 会员（2026）", "plus-hui-yuan-2026"),
        ("ＡＰＰ 登录", "app-deng-lu"),
        ("玉山銀行", "yu-shan-yin-hang"),
        ("？！", "folder"),
        ("", "folder"),
        ("a" * 100, "a" * 40),
    ],
)
def test_a_title_is_spelled_in_ascii(title: str, slug: str) -> None:
    assert slug_of(title, ()) == slug


def test_a_taken_name_gets_the_next_number() -> None:
    assert slug_of("退款", {"tui-kuan", "tui-kuan-2"}) == "tui-kuan-3"


@given(st.text(max_size=80))
def test_any_title_gives_a_slug_that_is_short_and_ends_with_a_whole_word(title: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug_of(title, ()))
    assert len(slug_of(title, ())) <= 40
