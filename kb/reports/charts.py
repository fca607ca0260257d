"""The charts of the weekly report, each over the table that has the same figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kb.model import State
from kb.reports.svg import Column, Part, bar, columns
from kb.reports.tables import counts
from kb.shapes.reports import States, WeekFigures, WeeklyReport

#: half a year is what a chart shows well; the tables and files have the whole
SHOWN = 26

#: (name, title, class, figure of a week) of the charts of one figure
_SINGLE: tuple[tuple[str, str, str, Callable[[WeekFigures], float | None]], ...] = (
    ("backlog", "复核清单（条）", "waiting", lambda week: week["backlog"]["waiting"]),
    ("reviews", "本周审核（次）", "reviewed", lambda week: sum(counts(week["reviews"]))),
    ("stale_copies", "过期后仍被复制（次）", "expired", lambda week: week["use"]["copied_stale"]),
    ("median", "距上次审核天数（中位数）", "plain", lambda week: week["median_days"]),
)


def state_bar(report: WeeklyReport) -> str:
    """All articles by state, as one bar."""
    return bar("chart-states", "全部条目的时效构成", _parts(report["figures"]["states"]), report["figures"]["articles"])


def owner_bars(report: WeeklyReport) -> list[str]:
    """A bar for each department, in the report's order; the longest is the largest department's."""
    most = max((row["articles"] for row in report["owners"]), default=0)
    return [
        bar(f"chart-owner-{at}", f"{row['owner'] or '未指定部门'}的时效构成", _parts(row["states"]), most)
        for at, row in enumerate(report["owners"])
    ]


def trend_charts(report: WeeklyReport) -> list[tuple[str, str]]:
    """(title, chart) of every trend."""
    weeks = report["trend"][-SHOWN:]
    mixed = [Column(_short(week), tuple(reversed(_parts(week["states"])))) for week in weeks]
    charts = [("时效构成（条）", columns("chart-mix", f"近 {len(weeks)} 周的时效构成", mixed))]
    for name, title, kind, figure in _SINGLE:
        shown = [Column(_short(week), (Part(kind, title, figure(week) or 0),)) for week in weeks]
        charts.append((title, columns(f"chart-{name}", f"近 {len(weeks)} 周的{title}", shown)))
    return charts


def legend() -> list[tuple[str, str]]:
    """(class, name) of every state."""
    return [(state.value, state.label) for state in State]


def _parts(states: States) -> Sequence[Part]:
    return [Part(state, State(state).label, count) for state, count in zip(states, counts(states), strict=True)]


def _short(week: WeekFigures) -> str:
    return week["week"].partition("-")[2]
