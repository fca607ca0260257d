"""The review queue as a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from kb.review import table_files
from kb.review.queue import ReviewItem
from kb.review.sheets import Cell

_HEADINGS = (
    "编号",
    "标准问",
    "产品类型",
    "问题场景",
    "业务部门",
    "状态",
    "原因",
    "最新更新",
    "最近审核",
    "复核期限",
    "逾期天数",
    "近 28 天曝光",
    "证据",
)


def to_csv(items: Iterable[ReviewItem]) -> bytes:
    """A line for each article."""
    return table_files.to_csv([_HEADINGS, *map(_cells, items)])


def to_xlsx(items: Iterable[ReviewItem]) -> bytes:
    """One sheet."""
    return table_files.to_xlsx({"复核清单": [_HEADINGS, *map(_cells, items)]})


def to_markdown(items: Sequence[ReviewItem], as_of: date) -> str:
    """A heading with the number of articles, then a table."""
    lines = [f"## 复核清单（{as_of}）：{len(items)} 条待处理"]
    if items:
        lines += ["", *table_files.to_markdown(_HEADINGS, map(_cells, items))]
    return "\n".join(lines) + "\n"


def _cells(item: ReviewItem) -> list[Cell]:
    return [
        *(item.id, item.title, item.product, item.scenario, item.owner or "", item.state_label),
        "；".join(item.reasons),
        *(day or "" for day in (item.updated, item.verified, item.due)),
        item.days_overdue,
        item.exposure,
        "；".join(item.evidence),
    ]
