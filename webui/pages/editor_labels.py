"""What the editor calls things: fields, tools, what changed in them, what is wrong and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from kb.content.checks.scripts import MAX_CHAT_SCRIPT, SPOKEN
from kb.editing.form import SCRIPT, SECTION, ArticleForm, values_of
from kb.rules.document_parts import FIELD_LABELS
from kb.text.sections import SCRIPT_HEADING
from webui.pages.presentation import TIERS

LABELS = {**FIELD_LABELS, "title": "标准问", "other": "其他内容", "source": "源文件"}
AUDIENCES = {"internal": "内部", "public": "可公开"}
PRIORITIES = {key: f"{tier}（{seconds} 秒内答复）" for key, (tier, seconds) in TIERS.items()}
#: (name in the page's modules, label, keys)
TOOLS = (
    ("bold", "粗体", "（Ctrl+B）"),
    ("list", "列表", ""),
    ("numbers", "编号", ""),
    ("link", "链接", ""),
    ("image", "图片", "（也可以粘贴或拖进来）"),
    ("table", "表格", ""),
)


class Change(NamedTuple):
    """A field as it was and is, in words."""

    name: str
    label: str
    before: str
    after: str


def label_of(name: str) -> str:
    """What people call the field that browsers send under ``name``."""
    if name.startswith(SCRIPT):
        return f"{name[len(SCRIPT) :]}话术" if name != SCRIPT else SCRIPT_HEADING
    return name[len(SECTION) :] if name.startswith(SECTION) else LABELS.get(name, name)


def changes(names: Iterable[str], before: ArticleForm, after: ArticleForm) -> list[Change]:
    """The fields ``names`` with what was and is in them."""
    old, new = values_of(before), values_of(after)
    return [Change(name, label_of(name), said(old.get(name, "")), said(new.get(name, ""))) for name in names]


def said(value: str | bool | Sequence[str]) -> str:
    """The value of a field as text; no channel means all."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return value if isinstance(value, str) else "、".join(value) or "全部渠道"


def limits_of(scripts: Mapping[str, str]) -> dict[str, int]:
    """The most characters that are read in a chat window, by channel; 0 where wordings are spoken."""
    return {channel: 0 if channel == SPOKEN else MAX_CHAT_SCRIPT for channel in scripts}
