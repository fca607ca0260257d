"""The tables of ``docs/benchmarks.md`` that ``make bench`` writes, between marks that no reader sees, and the plot."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from tests.bench.peers import PEERS
from tests.bench.plot import Panel, scale_plot
from tests.bench.targets import target_rows
from tests.unit.article_tree import REPOSITORY

Results = Mapping[str, Any]

PAGE, PLOT = REPOSITORY / "docs" / "benchmarks.md", REPOSITORY / "docs" / "scale.svg"
_ENGINES = ("whoosh", "tantivy")


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of the curve: ``key`` in the results of an engine (or of ``of``), and how it should grow, in words."""

    title: str
    key: str
    unit: str
    expected: str
    of: tuple[str, ...] = _ENGINES


_LINEAR, _LESS, _FLAT = "≤ 1: each article once", "< 1: less than the articles", "0: the change, not the house"
CURVE = (
    Measure("first `kb index`", "first_s", "s", _LINEAR),
    Measure("`kb index --rebuild`", "rebuild_s", "s", _LINEAR),
    Measure("`kb index` after a change of engine", "switched_s", "s", _LINEAR),
    Measure("`kb index`, nothing changed", "unchanged_s", "s", "≤ 1: one stat a file"),
    Measure("one save until it is found", "update_s", "s", _FLAT),
    Measure("search p50", "search_p50_ms", "ms", "≤ 1: postings of the rare words"),
    Measure("search p95", "search_p95_ms", "ms", "≤ 1"),
    Measure("search p99", "search_p99_ms", "ms", "≤ 1"),
    Measure("suggest p50", "suggest_p50_us", "µs", _LESS, ("suggest",)),
    Measure("suggest p99", "suggest_p99_us", "µs", _LESS, ("suggest",)),
    Measure("start to the first answer", "start_s", "s", "≤ 1: the articles are loaded once"),
    Measure("memory of a server", "memory_mb", "MB", "≤ 1: titles and questions, no bodies"),
    Measure(
        "peak memory of the first `kb index`", "first_peak_mb", "MB", "≤ 1: titles, questions and what signals need"
    ),
    Measure("peak memory of `kb index --rebuild`", "rebuild_peak_mb", "MB", "≤ 1: ids, a batch of articles"),
    Measure("index on disk", "index_mb", "MB", _LINEAR),
    Measure("database on disk", "database_mb", "MB", _LINEAR),
)
_PLOTTED = (
    "first_s",
    "unchanged_s",
    "update_s",
    "search_p50_ms",
    "search_p99_ms",
    "suggest_p99_us",
    "start_s",
    "memory_mb",
    "index_mb",
)


def write_page(results: Results) -> None:
    """Put what was measured into the page and draw the plot."""
    page = PAGE.read_text(encoding="utf-8")
    for name, rows in (("curve", curve_rows), ("peers", peer_rows), ("targets", target_rows)):
        page = with_block(page, name, "\n".join(rows(results)))
    PAGE.write_text(page, encoding="utf-8")
    PLOT.write_text(scale_plot("From 1,000 to 100,000 articles", list(_panels(results))) + "\n", encoding="utf-8")


def with_block(page: str, name: str, content: str) -> str:
    """The page with other lines between the marks of a block; ValueError where it has no such block."""
    begin, end = f"<!-- {name}: written by make bench -->", f"<!-- /{name} -->"
    block = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not block.search(page):
        raise ValueError(f"the page has no block {name}")
    return block.sub(lambda _: f"{begin}\n{content}\n{end}", page)


def curve_rows(results: Results) -> Iterator[str]:
    """A row for every figure and contender, the exponents measured between neighbouring sizes beside it."""
    sizes = _sizes(results)
    heads = [f"{size:,}" for size in sizes]
    steps = [f"{small:,} → {large:,}" for small, large in _steps(sizes)]
    yield f"| | {' | '.join(heads)} | grows with articles ^ | {' | '.join(steps)} |"
    yield "|---" * (2 + len(heads) + len(steps)) + "|"
    for measure in CURVE:
        for of in measure.of:
            values = [results[str(size)].get(of, {}).get(measure.key) for size in sizes]
            if any(value is not None for value in values):
                name = measure.title if measure.of == (of,) else f"{measure.title}, {of}"
                cells = [shown(value, measure.unit) for value in values]
                grown = [exponent(*pair) for pair in zip(_steps(sizes), _steps(values), strict=True)]
                yield f"| {name} | {' | '.join(cells)} | {measure.expected} | {' | '.join(grown)} |"
    loads = (shown(results[str(size)].get("load")) for size in sizes)
    yield f"\nLoad average when each size was begun: {', '.join(loads)}. Times grow with it."


def peer_rows(results: Results) -> Iterator[str]:
    """A block of rows for every size: ours as a whole, then each peer's bare call."""
    yield "| articles | | build s | p50 ms | p95 ms | memory MB | Whoosh p50 / its | tantivy p50 / its |"
    yield "|---|---|---|---|---|---|---|---|"
    for size in _sizes(results):
        of_size = results[str(size)]
        ours = {engine: of_size[engine] for engine in _ENGINES if engine in of_size}
        for engine, own in ours.items():
            keys = ("rebuild_inner_s", "search_p50_ms", "search_p95_ms", "memory_mb")
            yield f"| {size:,} | **whole search, {engine}** | {_cells(own, keys)} | | |"
        for name, peer in PEERS.items():
            if name in of_size["peers"]:
                own = of_size["peers"][name]
                ratios = [shown(ours.get(e, {}).get("against", {}).get(name), "×") for e in _ENGINES]
                cells = _cells(own, ("build_s", "p50", "p95", "memory_mb"))
                yield f"| {size:,} | {peer.title} | {cells} | {' | '.join(ratios)} |"


def exponent(sizes: tuple[float, float], values: tuple[float | None, float | None]) -> str:
    """k, if the value grew as the size to the power of k."""
    small, large = values
    return f"{math.log(large / small) / math.log(sizes[1] / sizes[0]):.2f}" if small and large else "–"


def shown(value: float | None, unit: str = "") -> str:
    """Three digits at most of what matters."""
    if value is None:
        return "–"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{min(digits, 2)}f} {unit}".strip()


def _cells(figures: Mapping[str, float], keys: Sequence[str]) -> str:
    return " | ".join(shown(figures.get(key)) for key in keys)


def _sizes(results: Results) -> list[int]:
    return sorted(map(int, results))


def _steps(values: Sequence[Any]) -> list[tuple[Any, Any]]:
    return list(pairwise(values))


def _panels(results: Results) -> Iterator[Panel]:
    by_key = {measure.key: measure for measure in CURVE}
    for key in _PLOTTED:
        measure = by_key[key]
        lines = {_line_name(of): _points(results, partial(_figure, of=of, key=key)) for of in measure.of}
        if key == "search_p50_ms":
            lines["FTS5, our tokens"] = _points(results, lambda of_size: of_size["peers"].get("fts5", {}).get("p50"))
        if key == "suggest_p99_us":
            lines["substring scan"] = _points(results, lambda of_size: of_size["suggest"]["scan_p50_us"])
        title = f"{measure.title} ({measure.unit})".replace("`", "")
        yield Panel(title, {name: points for name, points in lines.items() if points})


def _figure(of_size: Results, of: str, key: str) -> float | None:
    figure: float | None = of_size.get(of, {}).get(key)
    return figure


def _line_name(of: str) -> str:
    return "suggest" if of == "suggest" else f"ours, {of}"


def _points(results: Results, value: Callable[[Results], float | None]) -> list[tuple[float, float]]:
    found = ((size, value(results[str(size)])) for size in _sizes(results))
    return [(size, figure) for size, figure in found if figure]
