"""The page and the plot that ``make bench`` writes."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench.page import PAGE, curve_rows, exponent, peer_rows, shown, with_block
from tests.bench.plot import Panel, scale_plot
from tests.bench.targets import TARGETS, target_rows

_SVG = "{http://www.w3.org/2000/svg}"


def results(size: int) -> dict[str, Any]:
    return {
        "load": 0.5,
        "whoosh": {"first_s": size / 1000, "update_s": 0.2, "search_p50_ms": 4.0, "against": {"fts5": 0.5}},
        "suggest": {"suggest_p99_us": 100.0, "scan_p50_us": float(size)},
        "peers": {"fts5": {"build_s": 1.0, "p50": 8.0, "p95": 9.0}, "tokens": {"jieba_s": 1.0}},
    }


CURVE = {str(size): results(size) for size in (1_000, 10_000, 100_000)}


def test_a_block_is_replaced_and_nothing_else() -> None:
    page = "before\n<!-- a: written by make bench -->\nold\n<!-- /a -->\nafter\n"
    assert with_block(page, "a", r"| \1 |") == page.replace("old", r"| \1 |")
    with pytest.raises(ValueError, match="no block b"):
        with_block(page, "b", "")


def test_the_page_has_all_blocks() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in ("curve", "peers", "targets"):
        assert with_block(page, name, "new") != page


@pytest.mark.parametrize(("values", "told"), [((1, 10), "1.00"), ((1, 1), "0.00"), ((1, None), "–"), ((5, 50), "1.00")])
def test_exponents_are_those_of_growth(values: tuple[float, float | None], told: str) -> None:
    assert exponent((1_000, 10_000), values) == told


@pytest.mark.parametrize(("value", "told"), [(1234.5, "1,234 s"), (12.34, "12.3 s"), (0.0123, "0.01 s"), (None, "–")])
def test_figures_have_three_digits_at_most(value: float | None, told: str) -> None:
    assert shown(value, "s") == told


def test_rows_tell_every_size_and_what_was_not_measured_is_left_out() -> None:
    *rows, loads = curve_rows(CURVE)
    assert "begun: 0.50, 0.50, 0.50." in loads
    assert rows[2] == "| first `kb index`, whoosh | 1.00 s | 10.0 s | 100 s | ≤ 1: each article once | 1.00 | 1.00 |"
    assert len({row.count("|") for row in rows}) == 1
    assert not [row for row in rows if "tantivy" in row]
    peers = list(peer_rows(CURVE))
    assert len({row.count("|") for row in peers}) == 1
    assert "| 0.50 × | – |" in peers[3]


def test_targets_say_whether_they_are_met() -> None:
    rows = {row.split("|")[1].strip(): row for row in target_rows(CURVE)}
    assert rows["search, Whoosh / raw FTS5, 10,000"].endswith("| 0.50 × | yes |")
    assert rows["search, tantivy / raw FTS5, 10,000"].endswith("| not measured | – |")
    assert "10.00" not in rows["suggest p99 / substring scan p50, 100,000"]
    slow = {"10000": results(10_000) | {"whoosh": results(10_000)["whoosh"] | {"against": {"fts5": 5.0}}}}
    assert [row for row in target_rows(slow) if row.endswith("| 5.00 × | **no** |")]
    assert len(rows) == len(TARGETS) + 2


@pytest.mark.parametrize(("share", "met"), [(0.59, "**no**"), (0.6, "yes"), (0.9, "yes")])
def test_throughput_is_to_be_at_least_what_was_promised(share: float, met: str) -> None:
    rows = target_rows({"10000": {"http": {"suggest": share}}})
    assert f"| ≥ 0.6 × | {share:.2f} × | {met} |" in next(row for row in rows if "of suggest" in row)


def test_the_plot_is_one_picture_with_a_line_for_every_name() -> None:
    panels = [
        Panel("build (s)", {"ours": [(1_000, 1.0), (10_000, 10.0)], "<theirs>": [(1_000, 2.0), (10_000, 2.0)]}),
        Panel("memory (MB)", {"ours": [(1_000, 50.0)]}),
    ]
    picture = ElementTree.fromstring(scale_plot("growth", panels))  # noqa: S314  # our own
    lines = list(picture.iter(f"{_SVG}polyline"))
    assert len(lines) == 3
    (x1, y1), (x2, y2) = (map(float, place.split(",")) for place in lines[0].attrib["points"].split())
    assert (x2 > x1, y2 < y1) == (True, True)
    level = [place.split(",")[1] for place in lines[1].attrib["points"].split()]
    assert level[0] == level[1]
    assert "<theirs>" in [text.text for text in picture.iter(f"{_SVG}text")]


def test_the_dashed_line_runs_along_what_grows_in_proportion() -> None:
    picture = ElementTree.fromstring(  # noqa: S314  # our own
        scale_plot("growth", [Panel("build (s)", {"ours": [(1_000, 1.0), (10_000, 10.0)]})])
    )
    (line,) = [line for line in picture.iter(f"{_SVG}line") if line.attrib["class"] == "slope"]
    (drawn,) = picture.iter(f"{_SVG}polyline")
    ends = [f"{line.attrib[f'x{at}']},{line.attrib[f'y{at}']}" for at in (1, 2)]
    assert " ".join(ends) == drawn.attrib["points"]
