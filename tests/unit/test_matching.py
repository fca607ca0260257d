"""Finding strings in folded texts: whole words and numbers only, ranges merged."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kb.text.matching import contains, merged_occurrences, occurrences

TEXTS = st.text(st.sampled_from("退款a5 \0"), max_size=20)
NEEDLES = st.text(st.sampled_from("退款a5 "), max_size=4)


def naive(folded: str, needle: str) -> list[tuple[int, int]]:
    """A place is good if neither of its edges lies between two letters or two digits."""
    inside = {found.start() + 1 for found in re.finditer("(?=[a-z]{2}|[0-9]{2})", folded)}
    starts = [at for at in range(len(folded)) if needle and folded.startswith(needle, at)]
    return [(at, at + len(needle)) for at in starts if inside.isdisjoint((at, at + len(needle)))]


@given(TEXTS, NEEDLES)
def test_no_run_of_letters_or_digits_is_cut(folded: str, needle: str) -> None:
    assert list(occurrences(folded, needle)) == naive(folded, needle)
    assert contains(folded, needle) == bool(naive(folded, needle))


@given(TEXTS, st.lists(NEEDLES))
def test_ranges_are_merged_in_order(folded: str, needles: list[str]) -> None:
    covered = {at for needle in needles for span in naive(folded, needle) for at in range(*span)}
    merged = merged_occurrences(folded, needles)
    assert {at for span in merged for at in range(*span)} == covered
    assert all(one[1] < other[0] for one, other in pairwise(merged))
