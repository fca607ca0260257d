"""Charts: well-formed, told in words too, nothing that a strict content security policy would refuse."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from kb.reports.svg import HEIGHT, WIDTH, Column, Part, bar, columns

SVG = "{http://www.w3.org/2000/svg}"
values = st.integers(0, 10**6) | st.floats(0, 10**4)
words = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="￾￿"), max_size=8)
parts = st.lists(st.builds(Part, st.sampled_from(["fresh", "stale"]), words, values), max_size=6)
shown = st.lists(st.builds(Column, words, parts.map(tuple)), max_size=60)


def checked(svg: str) -> ET.Element:
    """The chart as XML, when it keeps to what every chart does."""
    assert not re.search(r"<(style|script|foreignObject)|\bstyle=|\bon[a-z]+=|href=", svg)
    root = ET.fromstring(svg)  # noqa: S314  # our own
    named = root.attrib["aria-labelledby"].split()
    assert [root.find(f"*[@id='{name}']") is not None for name in named] == [True, True]
    assert root.attrib["role"] == "img"
    for box in root.iter(f"{SVG}rect"):
        assert all(float(box.attrib[name]) >= 0 for name in ("x", "y", "width", "height"))
    return root


@given(words, parts)
def test_a_bar_shows_every_part_by_its_share(title: str, given_parts: list[Part]) -> None:
    whole = sum(part.value for part in given_parts)
    root = checked(bar("chart-x", title, given_parts, whole))
    assert root.findtext(f"{SVG}title") == title
    widths = [float(box.attrib["width"]) for box in root.iter(f"{SVG}rect")]
    if whole > 0.1:
        assert abs(sum(widths) - 100) < 0.1
        assert all(float(b.attrib["x"]) + float(b.attrib["width"]) < 100.1 for b in root.iter(f"{SVG}rect"))


@given(words, shown)
def test_columns_stay_within_the_picture(title: str, given_columns: list[Column]) -> None:
    root = checked(columns("chart-x", title, given_columns))
    for box in root.iter(f"{SVG}rect"):
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= WIDTH + 0.1
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= HEIGHT + 0.1


def test_the_highest_column_fills_its_scale_and_says_its_figure() -> None:
    root = checked(columns("c", "复核", [Column("W46", (Part("waiting", "待复核", 5),)), Column("W47", ())]))
    assert root.findtext(f"{SVG}desc") == "W46 5；W47 0"
    (box,) = root.iter(f"{SVG}rect")
    assert box.findtext(f"{SVG}title") == "W46 待复核 5"
    assert [text.text for text in root.iter(f"{SVG}text")] == ["0", "3", "6", "W46", "W47"]


def test_what_stands_in_it_is_no_markup() -> None:
    svg = bar("c", "<b>&", [Part("fresh", '"><script>', 1)], 1)
    assert "<script" not in svg
    assert "&lt;b&gt;&amp;" in svg
