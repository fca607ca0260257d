"""The suffix table finds what looking at every place finds."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from kb.suggest.suffixes import SEPARATOR, Order, SuffixTable

few_letters = st.text("ab退", max_size=14)


@given(st.lists(few_letters, min_size=1, max_size=9), few_letters.filter(bool))
@example(["aaab", "aaaa", "aaab"], "aaab")
def test_a_span_holds_every_place_where_the_text_begins(lines: list[str], typed: str) -> None:
    text = SEPARATOR + SEPARATOR.join(lines) + SEPARATOR
    starts = np.arange(len(text), dtype=np.int32)
    table = SuffixTable(text, range(len(text)), starts.astype(np.int64), Order.of(text, starts))
    span = table.span(typed)
    assert sorted(table.cells(span).tolist()) == [at for at in range(len(text)) if text.startswith(typed, at)]
    whole_lines = table.cells(table.span(SEPARATOR + typed + SEPARATOR))
    assert len(whole_lines) == lines.count(typed)
    assert table.ends_line(typed, span) == any(line.endswith(typed) for line in lines)
