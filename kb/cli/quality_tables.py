"""The documents of ``kb eval`` as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kb.cli.context import output, remarks, shown, table

if TYPE_CHECKING:
    from rich.table import Table

_MEASURES = {"recall@1": "R@1", "recall@3": "R@3", "recall@10": "R@10", "mrr@10": "MRR@10"}
_TYPED = {"question": "客户问法（字）", "pinyin": "标题全拼（键）", "initials": "标题首字母（键）"}

#: so many queries are listed on either side; all of them are in --json
_MOST_SHOWN = 10


def print_scores(documents: Mapping[str, Mapping[str, Any]], average: Mapping[str, Any] | None) -> None:
    """One row per set, and one of averages where there are several; keystrokes in a second table where measured."""
    rows = _table("检索质量", "评测集", "查询", *_MEASURES.values(), "无结果", "p50 ms", "p95 ms")
    for name, document in documents.items():
        ms, measures = document["ms"], [f"{document[measure]:.3f}" for measure in _MEASURES]
        rows.add_row(
            shown(name),
            str(document["queries"]),
            *measures,
            str(document["zero_result"]),
            f"{ms['p50']:.1f}",
            f"{ms['p95']:.1f}",
        )
    if average:
        rows.add_section()
        rows.add_row("平均", "", *(f"{average[measure]:.3f}" for measure in _MEASURES))
    output.print(rows)
    if any("keystrokes" in document for document in documents.values()):
        _print_keystrokes(documents, average)


def _print_keystrokes(documents: Mapping[str, Mapping[str, Any]], average: Mapping[str, Any] | None) -> None:
    top = next(iter(documents.values()))["keystrokes"]["top"]
    rows = _table(
        f"打多少字，联想前 {top} 条里出现正确条目", "评测集", "打什么", "次数", "打出", "中位", "平均", "省去"
    )
    for name, document in documents.items():
        for kind, label in _TYPED.items():
            typed = document["keystrokes"][kind]
            keys = ("—" if typed[value] is None else f"{typed[value]:.1f}" for value in ("median", "mean"))
            rows.add_row(
                shown(name), label, str(typed["asked"]), _percent(typed["reached"]), *keys, _percent(typed["saved"])
            )
        rows.add_section()
    if average:
        for kind, label in _TYPED.items():
            typed = average["keystrokes"][kind]
            rows.add_row("平均", label, "", _percent(typed["reached"]), "", "", _percent(typed["saved"]))
    output.print(rows)


def print_comparison(name: str, document: Mapping[str, Any]) -> None:
    """The measures of one set before and after, then the queries that changed most."""
    output.print(measures_table(f"{shown(name)}（{document['queries']} 条查询）", document["measures"]))
    won = [change for change in document["changes"] if change["gain"] > 0]
    lost = [change for change in document["changes"] if change["gain"] < 0]
    for title, found in (("变差", lost), ("变好", won)):
        if found:
            output.print(_changes_table(f"{title}最多的查询", found[:_MOST_SHOWN]))
    if max(len(won), len(lost)) > _MOST_SHOWN:
        remarks.print(f"每边列出 {_MOST_SHOWN} 条；变好 {len(won)} 条、变差 {len(lost)} 条都在 --json 里。")


def measures_table(title: str, measures: Mapping[str, Mapping[str, Any]]) -> Table:
    """Each measure before and after, in points (hundredths)."""
    rows = _table(f"{title}；差和 95 % 区间以百分点计", "指标", "前", "后", "差", "区间", "p", "变好", "变差", "不变")
    for name, row in measures.items():
        rows.add_row(
            _MEASURES[name],
            f"{row['before']:.3f}",
            f"{row['after']:.3f}",
            _points(row["difference"]),
            f"{_points(row['low'])} … {_points(row['high'])}",
            f"{row['p']:.4f}",
            *(str(row[count]) for count in ("won", "lost", "same")),
        )
    return rows


def _changes_table(title: str, changes: Sequence[Mapping[str, Any]]) -> Table:
    rows = table(title, "编号", "前", "后", "查询")
    for change in changes:
        ranks = (str(change[side] or "—") for side in ("before", "after"))
        rows.add_row(shown(change["qid"]), *ranks, shown(change["text"] or ""))
    return rows


def _table(title: str, *columns: str) -> Table:
    """Texts in the first column to the left, figures in the others to the right."""
    rows = table(title, *columns, whole=columns)
    for column in rows.columns[1:]:
        column.justify = "right"
    return rows


def _points(share: float) -> str:
    return f"{share * 100:+.1f}"


def _percent(share: float) -> str:
    return f"{share:.0%}"
