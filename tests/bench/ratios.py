"""The ratios that must not get worse: our side through a yardstick on the same machine in the same run.

A new ratio is one more line in ``RATIOS``; record it with ``make bench-check RECORD=1``.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.bench.workbench import Workbench

Side = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Ratio:
    """``ours`` and ``theirs`` make ready on a workbench and return what is measured; ``needs``: an engine or peer."""

    name: str
    ours: Callable[[Workbench], Side]
    theirs: Callable[[Workbench], Side]
    needs: str = ""


RATIOS = (
    Ratio("search, Whoosh / raw FTS5", lambda w: w.search("whoosh"), lambda w: w.peer("fts5")),
    Ratio("search, tantivy / raw FTS5", lambda w: w.search("tantivy"), lambda w: w.peer("fts5"), "tantivy"),
    Ratio("search, tantivy / raw tantivy", lambda w: w.search("tantivy"), lambda w: w.peer("tantivy"), "tantivy"),
    Ratio("suggest / substring scan", lambda w: w.suggest(), lambda w: w.scan()),
    Ratio("first index, Whoosh / jieba alone", lambda w: w.rebuild("whoosh"), lambda w: w.jieba()),
    Ratio("first index, tantivy / jieba alone", lambda w: w.rebuild("tantivy"), lambda w: w.jieba(), "tantivy"),
    Ratio("index, nothing changed / listing the files", lambda w: w.index_unchanged(), lambda w: w.listing()),
    Ratio("index, one file changed / listing the files", lambda w: w.save_one("whoosh"), lambda w: w.listing()),
    Ratio("/api/v1/suggest / bare route", lambda w: w.page("/api/v1/suggest"), lambda w: w.bare_route()),
    Ratio("/api/v1/search, asked before / bare route", lambda w: w.page("/api/v1/search"), lambda w: w.bare_route()),
    Ratio("/api/v1/search, new / bare route", lambda w: w.page("/api/v1/search", True), lambda w: w.bare_route()),
    Ratio("kb search 退款 / bare Python", lambda w: w.command("search", "退款"), lambda w: w.bare_python()),
)


def measure(ratio: Ratio, bench: Workbench, rounds: int) -> float:
    """The median of the rounds' ratios of processor time; the sides take turns, after one round that doesn't count.

    Processor time, children included, because others' load on the machine hardly changes it. Waiting is therefore not
    seen here: that is in the tables of ``make bench``.
    """
    ours, theirs = ratio.ours(bench), ratio.theirs(bench)
    ours(), theirs()
    measured = []
    for _ in range(rounds):
        own = _seconds(ours)
        measured.append(own / _seconds(theirs))
    return median(measured)


#: seconds; a side that takes less is repeated until it has taken as much
_AT_LEAST = 0.02


def _seconds(side: Side) -> float:
    """Processor seconds of one call, of several where one is too short for the clock."""
    before, calls = _spent(), 0
    while (spent := _spent() - before) < _AT_LEAST:
        side()
        calls += 1
    return spent / calls


def _spent() -> float:
    """Of this process and of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
