"""A source taken apart for comparing and merging: fields by name, body; and how both are called in front of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kb.text.sections import SCRIPT_HEADING, parse_sections

#: A field is one text, or several in order.
FieldValue = str | tuple[str, ...]

FIELD_LABELS: Mapping[str, str] = {
    "id": "编号",
    "title": "标题",
    "questions": "相似问法",
    "kind": "类型",
    "channels": "渠道",
    "owner": "业务部门",
    "contact": "对接人",
    "priority": "优先级",
    "tags": "标签",
    "status": "状态",
    "audience": "公开范围",
    "created": "创建日期",
    "updated": "更新日期",
    "verified": "审核日期",
    "verified_by": "审核人",
    "review_every": "复核周期",
    "valid_from": "生效日期",
    "valid_to": "失效日期",
    "weight": "权重",
    "pinned": "置顶",
    "related": "相关知识",
    "former_ids": "曾用编号",
}
OPENING = "正文开头"


@dataclass(frozen=True, slots=True)
class Document:
    """One version of an article. What can't be taken apart is all body, with line feeds as line ends."""

    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    body: str = ""


def field_label(name: str) -> str:
    """What a field is called; unknown ones go by their own name."""
    return FIELD_LABELS.get(name, name)


def section_texts(body: str) -> list[tuple[str, str]]:
    """(label, text) of each section in order: 处理步骤, 标准话术, 标准话术（电话）; without those that are blank."""
    found, chapter = [], ""
    for section in parse_sections(body):
        if section.level < 3:
            chapter = section.title
        found.append((section_label(chapter, section.title, section.level), body[section.start : section.end].strip()))
    return [(label, text) for label, text in found if text]


def section_label(chapter: str, title: str, level: int) -> str:
    """What a section is called: by its own title, below ``chapter`` if it is an H3."""
    if level == 0:
        return OPENING
    if level == 2 or not chapter:
        return title
    return f"{chapter}（{title}）" if chapter == SCRIPT_HEADING else f"{chapter} / {title}"
