"""The piece of text that is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb.contracts import marked
from kb.model import Snippet
from kb.rules.snippet import snippet

TEXT = "第一句说开头。" + "中间没有什么可看的内容，" * 10 + "最后一句说退款三天到账，退款不收费。"


def test_without_a_match_it_is_the_beginning() -> None:
    assert snippet(TEXT, (), 10).text == "第一句说开头。中间没…"


def test_it_holds_most_of_the_matches_and_marks_them() -> None:
    first, second = TEXT.index("退款"), TEXT.rindex("退款")
    shown = snippet(TEXT, [(0, 1), (first, first + 2), (second, second + 2)], 30)
    assert [shown.text[a:b] for a, b in shown.marks] == ["退款", "退款"]


def test_thousands_of_matches_are_no_trouble() -> None:
    marks = [(i * 4, i * 4 + 2) for i in range(100_000)]
    assert len(snippet("退款好吗" * 100_000, marks, 40).marks) >= 10


def test_line_feeds_become_spaces() -> None:
    assert snippet("甲\n乙", ()).text == "甲 乙"


def test_html_is_escaped_and_matches_are_marked() -> None:
    assert marked(Snippet("<b>退款&", ((3, 5),))) == "&lt;b&gt;<mark>退款</mark>&amp;"


@given(st.text(max_size=300), st.data())
def test_marks_show_the_text_that_they_marked(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    marks = list(zip(cuts[::2], cuts[1::2], strict=False))
    shown = snippet(text, marks, 40)
    assert len(shown.text) <= 42
    flat = text.replace("\n", " ")
    for start, end in shown.marks:
        assert shown.text[start:end] in flat
