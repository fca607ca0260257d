"""A load run as one SVG picture: small columns by the minute, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from kb.reports.svg import HEIGHT, WIDTH, Column, Part, columns
from tests.bench.load_records import Records, Sample, by_minute, percentiles, share_of_core

#: charts in a row, and the height of the line above each
_ACROSS, _HEAD = 2, 22.0
#: of kinds of requests that get a chart of their own
KINDS = ("suggest", "search page", "article page")
_STYLE = """
svg { --text: #17202c; --muted: #566273; --line: #dfe4eb; --p50: #1b61cc; --p95: #7ea8e6; --p99: #c9d9f3; }
@media (prefers-color-scheme: dark) {
  svg { --text: #e3e8ef; --muted: #9ba7b6; --line: #2a323d; --p50: #8ab6ff; --p95: #4f78b8; --p99: #2b4268; }
}
text { fill: var(--muted); font: 11px system-ui, sans-serif; }
.head { fill: var(--text); font-weight: 600; }
line { stroke: var(--line); }
.one, .p50 { fill: var(--p50); } .p95 { fill: var(--p95); } .p99 { fill: var(--p99); }
"""


def plot(records: Records, minutes: int) -> str:
    """Requests, their times, and what they cost the server, minute by minute."""
    everything = by_minute(records.timings, minutes)
    charts = [("requests a second", _single([len(values) / 60 for values in everything]))]
    charts.append(("all requests: p50, p95, p99 in ms", _times(everything)))
    for kind in KINDS:
        timings = [timing for timing in records.timings if timing.kind == kind]
        charts.append((f"{kind}: p50, p95, p99 in ms", _times(by_minute(timings, minutes))))
    for title, of in _OF_SAMPLES.items():
        charts.append((title, _single(samples_by_minute(records.samples, minutes, of))))
    return _picture(charts)


def samples_by_minute(samples: Sequence[Sample], minutes: int, of: Callable[[Sequence[Sample]], float]) -> list[float]:
    """``of`` the samples of each minute; 0 where there is none."""
    groups: list[list[Sample]] = [[] for _ in range(minutes)]
    for sample in samples:
        groups[min(int(sample.at // 60), minutes - 1)].append(sample)
    return [of(group) if group else 0.0 for group in groups]


_OF_SAMPLES: dict[str, Callable[[Sequence[Sample]], float]] = {
    "server memory, MB": lambda group: max(sample.rss_mb for sample in group),
    "server, % of a core": lambda group: 100 * share_of_core(group, "server_cpu"),
    "write-ahead log, MB": lambda group: max(sample.wal_mb for sample in group),
}


def _single(values: Sequence[float]) -> list[Column]:
    return [Column(str(minute), (Part("one", "", value),)) for minute, value in enumerate(values, 1)]


def _times(groups: Sequence[Sequence[float]]) -> list[Column]:
    """Columns as high as p99, in which p50 and p95 are told apart."""
    made = []
    for minute, values in enumerate(groups, 1):
        p50, p95, p99 = percentiles(values)
        parts = (Part("p50", "p50", p50), Part("p95", "p95", p95 - p50), Part("p99", "p99", p99 - p95))
        made.append(Column(str(minute), parts))
    return made


def _picture(charts: Sequence[tuple[str, Sequence[Column]]]) -> str:
    high = HEIGHT + _HEAD
    pieces = []
    for number, (title, shown) in enumerate(charts):
        x, y = number % _ACROSS * WIDTH, number // _ACROSS * high
        pieces.append(f'<text class="head" x="{x + 34:g}" y="{y + 15:g}">{escape(title)}</text>')
        place = f'x="{x:g}" y="{y + _HEAD:g}" width="{WIDTH:g}" height="{HEIGHT:g}"'
        pieces.append(f"<svg {place}>{columns(f'load-{number}', title, shown)}</svg>")
    size = f"0 0 {_ACROSS * WIDTH:g} {-(-len(charts) // _ACROSS) * high:g}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" role="img" aria-label="Load, minute by minute">'
    return f"{head}<style>{_STYLE}</style>{''.join(pieces)}</svg>\n"
