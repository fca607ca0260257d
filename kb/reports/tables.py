"""The weekly report as tables, in the words of those who read it; every file and the page are made of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb.model import State
from kb.rules.weeks import Week
from kb.shapes.reports import States, UsedArticle, WeekFigures, WeeklyReport

Cell = str | int | float

CHANGES = {
    "new": "新增",
    "changed": "修改",
    "restored": "恢复使用",
    "archived": "归档",
    "withdrawn": "撤回为草稿",
    "deleted": "删除",
}
_NO_OWNER = "未指定部门"
_STATES = {state.value: state.label for state in State}


@dataclass(frozen=True, slots=True)
class Table:
    """``empty`` is said where there are no rows; ``name`` is its place on the page."""

    name: str
    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    empty: str = "没有。"


def heading(report: WeeklyReport) -> str:
    """What the report is called."""
    return f"知识库周报 {report['week']}（{period(report)}）"


def period(report: WeeklyReport) -> str:
    """The days that it tells of."""
    until = "" if report["ended"] else f"，截至 {report['as_of']}"
    return f"{report['first_day']} 至 {report['last_day']}{until}"


def all_tables(report: WeeklyReport) -> list[Table]:
    """In the order of reading: what is the matter, where, and the single articles."""
    figures = report["figures"]
    return [
        Table("summary", "本周概要", ("指标", "本周", "上周"), summary(report)),
        Table("states", "时效构成", ("状态", "条数", "占比"), _shares(figures["states"])),
        _owners(report),
        _trend(report["trend"]),
        *([_reviewers(report)] if report["names"] else []),
        Table(
            "copied_stale",
            "过期后仍被复制的条目",
            ("编号", "标准问", "业务部门", "周末状态", "过期后复制", "浏览"),
            [_used(row) for row in report["copied_stale"]],
            "这一周没有人复制过期的答案。",
        ),
        Table(
            "most_used",
            "使用最多的答案",
            ("编号", "标准问", "业务部门", "周末状态", "复制", "浏览"),
            [_used(row) for row in report["most_used"]],
            "这一周没有使用记录。",
        ),
        _changed(report),
    ]


def summary(report: WeeklyReport) -> list[tuple[Cell, ...]]:
    """(figure, this week, the week before), the most important first."""
    now, before = report["figures"], _week_before(report)
    then = _figures(before) if before else {}
    return [(name, value, then.get(name, "—")) for name, value in _figures(now).items()]


def number(value: float | None) -> Cell:
    """A figure without needless decimals; a dash for what isn't known."""
    if value is None:
        return "—"
    return int(value) if float(value).is_integer() else round(value, 1)


def share(part: int, whole: int) -> str:
    """``part`` of ``whole`` in per cent."""
    return f"{100 * part / whole:.1f}%" if whole else "—"


def counts(document: Mapping[str, object]) -> list[int]:
    """The values of a document that has nothing but counts."""
    return [count for count in document.values() if isinstance(count, int)]


def _week_before(report: WeeklyReport) -> WeekFigures | None:
    week = str(Week.parse(report["week"]).previous())
    return next((row for row in report["trend"] if row["week"] == week), None)


def _figures(week: WeekFigures) -> dict[str, Cell]:
    top, backlog, use, reviews = week["top"], week["backlog"], week["use"], week["reviews"]
    return {
        "发布中的条目": week["articles"],
        "有效的占比": share(week["states"]["fresh"], week["articles"]),
        "复核清单": backlog["waiting"],
        "其中已逾期": backlog["overdue"],
        "逾期条目近 28 天曝光": backlog["overdue_exposure"],
        "从未审核": backlog["never_verified"],
        "距上次审核天数（中位数）": number(week["median_days"]),
        "高频速查条目": top["articles"],
        "高频速查中有标准话术": share(top["with_script"], top["articles"]),
        "高频速查中本周审核过": share(top["verified"], top["articles"]),
        "本周审核": sum(counts(reviews)),
        "确认有效": reviews["confirm"],
        "退回修改": reviews["revise"],
        "审核归档": reviews["archive"],
        "过期后仍被复制（次）": use["copied_stale"],
        "改动的条目": sum(counts(week["changes"])),
        "搜索": use["searches"],
        "搜索无结果": use["failed"],
        "报告的知识缺口": use["gap_reports"],
        "浏览": use["views"],
        "复制": use["copies"],
    }


def _shares(states: States) -> list[tuple[Cell, ...]]:
    whole = sum(counts(states))
    return [(_STATES[state], count, share(count, whole)) for state, count in zip(states, counts(states), strict=True)]


def _owners(report: WeeklyReport) -> Table:
    headings = ("业务部门", "条目", *_STATES.values(), "复核清单", "其中已逾期", "本周审核", "距上次审核天数（中位数）")
    rows = [
        (
            row["owner"] or _NO_OWNER,
            row["articles"],
            *counts(row["states"]),
            row["waiting"],
            row["overdue"],
            row["reviews"],
            number(row["median_days"]),
        )
        for row in report["owners"]
    ]
    return Table("owners", "按业务部门", headings, rows, "还没有发布的条目。")


def _trend(trend: Iterable[WeekFigures]) -> Table:
    headings = ("周", "条目", *_STATES.values(), "复核清单", "其中已逾期", "审核", "过期后被复制", "距上次审核天数")
    rows = [
        (
            week["week"],
            week["articles"],
            *counts(week["states"]),
            week["backlog"]["waiting"],
            week["backlog"]["overdue"],
            sum(counts(week["reviews"])),
            week["use"]["copied_stale"],
            number(week["median_days"]),
        )
        for week in trend
    ]
    return Table("trend", "逐周趋势", headings, rows)


def _reviewers(report: WeeklyReport) -> Table:
    rows: list[tuple[Cell, ...]] = [(row["user"], *counts(row["reviews"])) for row in report["reviewers"]]
    return Table("reviewers", "按审核人", ("审核人", "确认有效", "退回修改", "归档"), rows, "这一周没有人审核。")


def _changed(report: WeeklyReport) -> Table:
    who = ("修改人",) if report["names"] else ()
    rows = [
        (
            row["id"],
            row["title"],
            row["owner"] or _NO_OWNER,
            CHANGES[row["change"]],
            row["edits"],
            *([("、".join(row["authors"]) or "（直接改文件）")] if report["names"] else ()),
        )
        for row in report["changed"]
    ]
    headings = ("编号", "标准问", "业务部门", "改动", "版本数", *who)
    return Table("changed", "本周改动", headings, rows, "这一周没有改动。")


def _used(row: UsedArticle) -> tuple[Cell, ...]:
    state = _STATES[row["state"]] if row["state"] else "不再提供"
    return (row["id"], row["title"], row["owner"] or _NO_OWNER, state, row["copies"], row["views"])
