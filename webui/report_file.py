"""The weekly report as a page shows it, and as one HTML file that needs nothing else and can be mailed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from kb.reports import charts
from kb.reports.tables import Cell, Table, all_tables, period, summary
from kb.shapes.reports import WeeklyReport

_HERE = Path(__file__).parent
_SHEETS = ("tokens", "components", "reports")
#: what supervisors look at first
_TILES = (
    "发布中的条目",
    "有效的占比",
    "复核清单",
    "其中已逾期",
    "本周审核",
    "距上次审核天数（中位数）",
    "高频速查中有标准话术",
    "高频速查中本周审核过",
    "过期后仍被复制（次）",
    "改动的条目",
    "搜索无结果",
    "报告的知识缺口",
)
#: rows of a list that a page shows; the spreadsheets have all
_MOST = 50


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What the templates show of a report."""

    report: WeeklyReport
    period: str
    tiles: Sequence[tuple[Cell, ...]]
    tables: Mapping[str, Table]
    legend: Sequence[tuple[str, str]]
    state_bar: Markup
    owner_bars: Sequence[Markup]
    trends: Sequence[tuple[str, Markup]]
    most: int = _MOST

    @classmethod
    def of(cls, report: WeeklyReport) -> ReportPage:
        """Tables and charts of ``report``."""
        rows = {row[0]: row for row in summary(report)}
        return cls(
            report=report,
            period=period(report),
            tiles=[rows[name] for name in _TILES],
            tables={table.name: table for table in all_tables(report)},
            legend=charts.legend(),
            state_bar=Markup(charts.state_bar(report)),  # noqa: S704  # drawn by us, texts escaped
            owner_bars=[Markup(bar) for bar in charts.owner_bars(report)],  # noqa: S704  # drawn by us, texts escaped
            trends=[(title, Markup(chart)) for title, chart in charts.trend_charts(report)],  # noqa: S704  # drawn by us, texts escaped
        )


def to_html(report: WeeklyReport) -> str:
    """One HTML file: styles within, no script, no address of anything outside."""
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True)
    css = "\n".join((_HERE / "static" / f"{name}.css").read_text(encoding="utf-8") for name in _SHEETS)
    return templates.get_template("report_file.html").render(page=ReportPage.of(report), css=Markup(css))  # noqa: S704  # our own sheets + "\n"
