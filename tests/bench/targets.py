"""What was promised of speed, and whether the last ``make bench`` held it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """``measured`` finds the figure in the results, or raises KeyError where it was not measured.

    It must not be above ``bound``, or not below it where ``is_least``.
    """

    title: str
    bound: float
    unit: str
    measured: Callable[[Results], float]
    is_least: bool = False

    def is_met(self, measured: float) -> bool:
        """Whether a figure holds what was promised."""
        return measured >= self.bound if self.is_least else measured <= self.bound


def _fastest(results: Results, size: str) -> Mapping[str, Any]:
    """The engine that ``auto`` takes."""
    of_size = results[size]
    found: Mapping[str, Any] = of_size.get("tantivy") or of_size["whoosh"]
    return found


TARGETS = (
    Target("search, tantivy / raw FTS5, 10,000", 1.0, "×", lambda r: r["10000"]["tantivy"]["against"]["fts5"]),
    Target("search, tantivy / raw FTS5, 100,000", 0.5, "×", lambda r: r["100000"]["tantivy"]["against"]["fts5"]),
    Target("search, tantivy / raw tantivy, 10,000", 8, "×", lambda r: r["10000"]["tantivy"]["against"]["tantivy"]),
    Target("search, Whoosh / raw FTS5, 10,000", 4, "×", lambda r: r["10000"]["whoosh"]["against"]["fts5"]),
    Target(
        "suggest p99 / substring scan p50, 100,000",
        0.2,
        "×",
        lambda r: r["100000"]["suggest"]["suggest_p99_us"] / r["100000"]["suggest"]["scan_p50_us"],
    ),
    Target(
        "full build / jieba alone, 10,000",
        3,
        "×",
        lambda r: _fastest(r, "10000")["first_inner_s"] / r["10000"]["peers"]["tokens"]["jieba_s"],
    ),
    Target("one save until it is found, 10,000", 0.3, "s", lambda r: _fastest(r, "10000")["update_s"]),
    Target(
        "`kb index` without change / listing the files, 10,000",
        2,
        "×",
        lambda r: _fastest(r, "10000")["unchanged_inner_s"] / _fastest(r, "10000")["listed_s"],
    ),
    Target("start to the first answer, 10,000", 1.2, "s", lambda r: _fastest(r, "10000")["start_s"]),
    Target("memory of a server, 10,000", 180, "MB", lambda r: _fastest(r, "10000")["memory_mb"]),
    Target("memory of a server, 100,000", 1024, "MB", lambda r: _fastest(r, "100000")["memory_mb"]),
    Target("throughput of suggest / bare Flask route", 0.6, "×", lambda r: r["10000"]["http"]["suggest"], True),
    Target("… of search, never asked before", 0.35, "×", lambda r: r["10000"]["http"]["search, never asked"], True),
    Target("… of search, asked before", 0.7, "×", lambda r: r["10000"]["http"]["search, asked before"], True),
)


def target_rows(results: Results) -> Iterator[str]:
    """A row for every target."""
    yield "| | target | measured | met |"
    yield "|---|---|---|---|"
    for target in TARGETS:
        promised = f"{'≥' if target.is_least else '≤'} {target.bound:g} {target.unit}"
        try:
            measured = target.measured(results)
        except KeyError:
            yield f"| {target.title} | {promised} | not measured | – |"
            continue
        met = "yes" if target.is_met(measured) else "**no**"
        yield f"| {target.title} | {promised} | {measured:.2f} {target.unit} | {met} |"
