"""The review queue as a file: CSV and XLSX for spreadsheets, Markdown for mail and group robots."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date

from openpyxl import Workbook

from kb.review.queue import ReviewItem
from kb.review.sheets import fill
from kb.text.spreadsheets import guarded, storable

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
    """UTF-8 with a byte order mark, without which Excel garbles Chinese."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_HEADINGS, *map(_cells, items)])
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(items: Iterable[ReviewItem]) -> bytes:
    """One sheet; the heading row stays in view and can be filtered."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "复核清单"
    fill(sheet, (_HEADINGS, *map(_cells, items)))
    sheet.auto_filter.ref = sheet.dimensions
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def to_markdown(items: Sequence[ReviewItem], as_of: date) -> str:
    """A heading with the number of articles, then a table."""
    lines = [f"## 复核清单（{as_of}）：{len(items)} 条待处理"]
    if items:
        lines += ["", _table_row(_HEADINGS), _table_row(["---"] * len(_HEADINGS))]
        lines += [_table_row(_cells(item)) for item in items]
    return "\n".join(lines) + "\n"


def _cells(item: ReviewItem) -> list[str | int | date]:
    texts = (item.id, item.title, item.product, item.scenario, item.owner or "", item.state_label)
    dates = (item.updated, item.verified, item.due)
    return [
        *(guarded(storable(text)) for text in texts),
        guarded(storable("；".join(item.reasons))),
        *(day or "" for day in dates),
        item.days_overdue,
        item.exposure,
        guarded(storable("；".join(item.evidence))),
    ]


def _table_row(cells: Iterable[object]) -> str:
    escaped = (re.sub(r"([\\|<>])", r"\\\1", " ".join(str(cell).split())) for cell in cells)
    return f"| {' | '.join(escaped)} |"
