"""A load run as Markdown: requests by kind, minute by minute, and what has to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from tests.bench.load_plot import samples_by_minute
from tests.bench.load_records import Records, Sample, by_minute, percentiles, share_of_core
from tests.bench.load_verdicts import Verdict

_SAID = {True: "yes", False: "**NO**", None: "too short to say"}
_ERRORS_SHOWN = 10


def report(records: Records, verdicts: Sequence[Verdict], seconds: float) -> str:
    """All tables."""
    parts: list[Iterable[str]] = [
        _kinds(records, seconds),
        _minutes(records, max(1, round(seconds / 60))),
        _verdicts(verdicts),
    ]
    if records.errors:
        parts.append([f"- {error}" for error in records.errors[:_ERRORS_SHOWN]])
    return "\n\n".join("\n".join(part) for part in parts)


def summary(records: Records) -> str:
    """The run in a sentence: what it did, and what it cost the two processes and the machine."""
    samples, (_, _, late) = records.samples, percentiles(records.late)
    seen = percentiles([save.seen for save in records.saves if save.seen is not None])
    loads = [sample.load for sample in samples]
    return (
        f"{len(records.timings):,} requests, {len(records.saves)} saves (found after {seen[0]:.2f} s, p99 "
        f"{seen[2]:.2f} s), {len(records.reviews)} verdicts, {records.conflicts} conflicts; "
        f"server {share_of_core(samples, 'server_cpu'):.0%} of a core, the simulation "
        f"{share_of_core(samples, 'client_cpu'):.0%}, awake late by {late:.0f} ms (p99); "
        f"load average {min(loads):.1f} to {max(loads):.1f}."
    )


def _kinds(records: Records, seconds: float) -> Iterator[str]:
    yield from ("| requests, ms | count | a second | p50 | p95 | p99 | worst |", "|---|---|---|---|---|---|---|")
    kinds = sorted({timing.kind for timing in records.timings})
    groups = {kind: [timing.ms for timing in records.timings if timing.kind == kind] for kind in kinds}
    rows = sorted(groups.items(), key=lambda row: -len(row[1]))
    for kind, values in [*rows, ("all", [timing.ms for timing in records.timings])]:
        p50, p95, p99 = percentiles(values)
        times = f"{p50:.1f} | {p95:.1f} | {p99:.1f} | {max(values, default=0.0):.0f}"
        yield f"| {kind} | {len(values):,} | {len(values) / seconds:.1f} | {times} |"


def _minutes(records: Records, minutes: int) -> Iterator[str]:
    titles = (
        "minute",
        "requests",
        "p50",
        "p95",
        "p99",
        "memory, MB",
        "server CPU",
        "threads",
        "files",
        "WAL, MB",
        "load",
    )
    yield from (_row(titles), "|" + "---|" * len(titles))
    times = by_minute(records.timings, minutes)
    columns = [samples_by_minute(records.samples, minutes, of) for of in _COLUMNS]
    for minute, values in enumerate(times):
        figures = [f"{value:.1f}" for value in percentiles(values)]
        memory, cpu, threads, files, wal, load = (column[minute] for column in columns)
        rest = (f"{memory:.0f}", f"{cpu:.0%}", f"{threads:.0f}", f"{files:.0f}", f"{wal:.1f}", f"{load:.1f}")
        yield _row((str(minute + 1), f"{len(values):,}", *figures, *rest))


def _most(name: str) -> Callable[[Sequence[Sample]], float]:
    return lambda group: max(getattr(sample, name) for sample in group)


_COLUMNS = (
    _most("rss_mb"),
    lambda group: share_of_core(group, "server_cpu"),
    _most("threads"),
    _most("files"),
    _most("wal_mb"),
    _most("load"),
)


def _verdicts(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield from ("| has to hold | found | holds |", "|---|---|---|")
    for verdict in verdicts:
        yield _row((verdict.claim, verdict.found, _SAID[verdict.holds]))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
