"""How many machines a house needs: ``python -m tests.bench.capacity --articles 1000000 --agents 50000``.

Arithmetic on what was measured (``capacity.toml``, by ``bench_tiers`` and the load test), nothing else. Beyond the
largest size that was measured a figure goes on growing as it did between the two largest.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: of a process's one core, what is planned with: the rest is for peaks within a second, and for edits
_PLANNED = 0.6
_FIGURES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

#: articles -> figure
Curve = Mapping[str, float]


def at(curve: Curve, articles: int) -> float:
    """The figure for so many articles, on a straight line between the two nearest sizes; beyond the largest the same
    line goes on where it rises.
    """
    known = sorted((int(size), value) for size, value in curve.items())
    if len(known) == 1:
        return known[0][1]
    around = [pair for pair in pairwise(known) if articles <= pair[1][0]]
    (low, lower), (high, higher) = around[0] if around else (known[-2], known[-1])
    each = (higher - lower) / (high - low)
    return higher + (each if around else max(each, 0.0)) * (articles - high)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the arithmetic."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.capacity", description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--agents", type=int, default=50_000)
    parser.add_argument("--edits", type=float, default=60, help="an hour")
    given = parser.parse_args(arguments)
    for engine, figures in _FIGURES["engines"].items():
        _print(engine, figures, given)


def _print(engine: str, figures: Mapping[str, Mapping[str, Curve]], given: argparse.Namespace) -> None:
    largest = max(int(size) for size in figures["memory_mb"]["node"])
    print(f"\n{given.articles:,} articles, {given.agents:,} agents, {engine}; measured up to {largest:,} articles\n")
    print(
        "| requests | a second | ms in a search node | cores | ms in the cluster | cores |\n|---|---|---|---|---|---|"
    )
    cores, cluster = 0.0, 0.0
    for kind, rate in _FIGURES["requests_per_agent"].items():
        a_second = rate * given.agents
        here, there = at(figures["node_ms"][kind], given.articles), at(figures["cluster_ms"][kind], given.articles)
        cores, cluster = cores + a_second * here / 1000, cluster + a_second * there / 1000
        row = (f"{a_second:,.0f}", f"{here:.2f}", f"{a_second * here / 1000:.1f}", f"{there:.2f}")
        print(f"| {kind} | {' | '.join(row)} | {a_second * there / 1000:.1f} |")
    print(f"| together | | | {cores:.1f} | | {cluster:.1f} |\n")
    memory, peak = (at(figures["memory_mb"][name], given.articles) for name in ("node", "peak"))
    copy, shared = (at(figures["disk_mb"][name], given.articles) for name in ("node", "cluster"))
    edit = {tier: at(curve, given.articles) * given.edits / 3.6e6 for tier, curve in figures["edit_ms"].items()}
    share = _PLANNED - edit["node"]
    if share <= 0:
        print(f"- {given.edits:g} edits an hour take {edit['node']:.0%} of every search node: they can't follow")
    else:
        nodes = math.ceil(cores / share)
        print(f"- search nodes: {cores:.1f} cores / ({_PLANNED:.0%} - {edit['node']:.0%} for edits) = {nodes}")
        print(f"- memory of all: {nodes} x {memory / 1024:.1f} GB = {nodes * memory / 1024:,.0f} GB")
    print(f"- each: {memory / 1024:.1f} GB, at its first start {peak / 1024:.1f} GB; {copy / 1024:.1f} GB of disk")
    print(f"- edits take {edit['writer']:.0%} of the writer and {edit['cluster']:.0%} of a core of the cluster")
    entries = given.agents * _FIGURES["log"]["entries_per_agent"]
    print(f"- log: {entries:,.0f} entries a second, {entries * _FIGURES['log']['ms'] / 1000:.0%} of the writer")
    print(f"- disk of the cluster, without replicas: {shared / 1024:.1f} GB")


if __name__ == "__main__":
    main()
