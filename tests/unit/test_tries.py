"""Mappings in tries say what the dicts said that they were made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb.text.normalize import normalize
from kb.text.tries import PackedCounts, PackedTexts

_FOLDED = st.text(max_size=6).map(normalize).filter(bool)


@given(st.dictionaries(_FOLDED, st.text(st.characters(codec="utf-8"))), st.lists(_FOLDED))
def test_texts(texts: dict[str, str], others: list[str]) -> None:
    packed = PackedTexts(texts)
    for kept in (packed, PackedTexts.frombytes(packed.tobytes())):
        assert dict(kept) == texts
        assert len(kept) == len(texts)
        assert [kept.get(other) for other in others] == [texts.get(other) for other in others]


@given(st.dictionaries(_FOLDED, st.integers(0, 2**32 - 1)), st.lists(_FOLDED))
def test_counts(counts: dict[str, int], others: list[str]) -> None:
    packed = PackedCounts(counts)
    for kept in (packed, PackedCounts.frombytes(packed.tobytes())):
        assert dict(kept) == counts
        assert [kept.get(other, 0) for other in others] == [counts.get(other, 0) for other in others]
        assert [other in kept for other in others] == [other in counts for other in others]
