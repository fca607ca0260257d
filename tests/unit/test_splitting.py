"""Splitting by bytes: nothing lost, nothing cut in two, no part too long."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.splitting import split_by_bytes

texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n退款😀"), max_size=300)


@given(texts, st.integers(4, 60))
def test_the_parts_are_the_text_and_none_is_too_long(text: str, limit: int) -> None:
    parts = split_by_bytes(text, limit)

    assert "".join(parts) == text
    assert all(0 < len(part.encode()) <= limit for part in parts)


@given(texts, st.integers(4, 60))
def test_a_line_is_cut_only_if_it_is_too_long_by_itself(text: str, limit: int) -> None:
    parts = split_by_bytes(text, limit)

    done = 0
    for part in parts[:-1]:
        done += len(part)
        if not part.endswith("\n"):
            start, end = text.rfind("\n", 0, done) + 1, text.find("\n", done)
            line = text[start:] if end < 0 else text[start : end + 1]
            assert len(line.encode()) > limit


@given(texts, st.integers(4, 60))
def test_a_part_ends_only_where_the_next_piece_would_not_fit(text: str, limit: int) -> None:
    parts = split_by_bytes(text, limit)

    for part, following in pairwise(parts):
        line = following[: following.find("\n") + 1] or following
        assert len((part + line).encode()) > limit or not part.endswith("\n")


def test_chinese_is_counted_in_bytes() -> None:
    assert split_by_bytes("退款一\n退款二\n退款三\n", 20) == ["退款一\n退款二\n", "退款三\n"]
    assert split_by_bytes("退款退款", 7) == ["退款", "退款"]
    assert split_by_bytes("", 4) == []


def test_a_limit_that_no_character_fits_into() -> None:
    with pytest.raises(ValueError, match="3 bytes"):
        split_by_bytes("退", 3)
