"""The columns of a table of articles: their names in JSON, their headings in spreadsheets, other names for them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kb.bulk.rows import category_cell, category_titles
from kb.bulk.values import DAY, LINE, LINES, NUMBER, TEXT, WORDS, Form, channels, choice, flag
from kb.text.section_edits import SECTIONS
from kb.text.sections import SCRIPT_HEADING

CATEGORY, BODY, OTHER, VERSION = "category", "body", "other", "version"

_STATUS_ELSEWHERE = {
    **dict.fromkeys(("启用", "生效", "有效", "已发布", "已启用", "上线"), "published"),
    **dict.fromkeys(("未发布", "待发布"), "draft"),
    **dict.fromkeys(("停用", "失效", "禁用", "已停用", "已失效", "已归档", "下线"), "archived"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """``default``: what the cell of an article shows that doesn't say anything. ``note``: how to fill it in."""

    name: str
    heading: str
    form: Form
    aliases: tuple[str, ...] = ()
    default: str = ""
    note: str = ""
    choices: tuple[str, ...] = ()


def _choice_column(
    name: str, heading: str, labels: dict[str, str], default: str, aliases: tuple[str, ...], others: dict[str, str]
) -> Column:
    choices = tuple(labels.values())
    return Column(name, heading, choice(labels, others), aliases, labels[default], "、".join(choices), choices)


_KINDS = {"faq": "常见问题", "guide": "操作指引", "case": "案例", "policy": "规则", "script": "话术"}
_PRIORITIES = {"urgent": "一级", "important": "二级", "general": "三级"}
_STATUSES = {"draft": "草稿", "published": "发布", "archived": "归档"}
_AUDIENCES = {"internal": "内部", "public": "可公开"}
_DAY_NOTE = "日期，如 2026-11-02"

ID = Column(
    "id",
    "编号",
    LINE,
    ("知识id", "知识编号", "唯一编号", "faqid"),
    note="小写字母、数字、连字符；不填时按标准问对应，新词条自动编号",
)
TITLE = Column(
    "title",
    "标准问",
    LINE,
    ("标准问题", "标准问法", "标题", "知识标题", "分段标题", "question", "topic", "thema"),
    note="必填，2 到 60 字",
)
QUESTIONS = Column(
    "questions",
    "相似问",
    LINES,
    ("相似问法", "相似问题", "相似问句", "相似说法", "扩展问", "aliases", "similarquestions"),
    note="客户的其他问法，单元格内一行一个（Alt+回车换行）",
)
_CATEGORY_FORM = Form(lambda text: category_cell(category_titles(text)), str)
_CATEGORY = Column(
    CATEGORY,
    "分类",
    _CATEGORY_FORM,
    ("类别", "知识分类", "所属分类", "分类目录", "目录", "产品/场景"),
    note="产品/场景，如 网上商城/退款与退货",
)
_FIELDS = (
    _choice_column("kind", "类型", _KINDS, "faq", ("知识类型",), {}),
    Column("channels", "渠道", channels(), ("适用渠道", "channel"), "全部", "全部，或用顿号分开的渠道名"),
    Column("owner", "业务部门", LINE, ("部门", "所属部门"), note="不填时用分类文件夹的"),
    Column("contact", "对接人", LINE, ("问题对接人", "联系人"), note="群名或人名"),
    _choice_column(
        "priority",
        "优先级",
        _PRIORITIES,
        "general",
        ("重要程度",),
        {"紧急": "urgent", "重要": "important", "一般": "general"},
    ),
    Column("tags", "标签", WORDS, ("关键词", "关键字", "tag", "keywords"), note="用顿号分开"),
    _choice_column("status", "状态", _STATUSES, "published", ("知识状态", "发布状态"), _STATUS_ELSEWHERE),
    _choice_column("audience", "公开范围", _AUDIENCES, "internal", ("可见范围",), {"公开": "public", "外部": "public"}),
    Column("created", "创建日期", DAY, ("创建时间",), note=_DAY_NOTE),
    Column(
        "updated",
        "更新日期",
        DAY,
        ("更新时间", "最新更新", "最新更新时间", "修改时间"),
        note=f"内容最近修改的{_DAY_NOTE}",
    ),
    Column("verified", "审核日期", DAY, ("审核时间",), note="由审核人填写"),
    Column("verified_by", "审核人", LINE, note="由审核人填写"),
    Column("review_every", "复核周期", LINE, note="7d 天、2w 周、3m 月"),
    Column("valid_from", "生效日期", DAY, ("生效", "生效时间", "开始时间"), note=_DAY_NOTE),
    Column(
        "valid_to",
        "失效日期",
        DAY,
        ("失效", "失效时间", "到期日期", "结束时间", "过期时间"),
        note=f"最后有效的{_DAY_NOTE}",
    ),
    Column("weight", "权重", NUMBER, default="0", note="0 到 1000"),
    Column("pinned", "置顶", flag(), (), "否", "是、否", ("是", "否")),
    Column("related", "相关知识", WORDS, note="其他词条的编号，用顿号分开"),
    Column("former_ids", "曾用编号", WORDS, note="改号前的编号，旧链接靠它；用顿号分开"),
)
FIELDS = (ID, TITLE, QUESTIONS, *_FIELDS)
_SCRIPT_ALIASES = (
    "答案", "标准答案", "答案内容", "回复", "回复内容", "知识内容", "分段内容", "内容", "话术",
    "answer", "content", "script",
)  # fmt: skip
#: Names what an exported row said, see ``kb.bulk.planning``.
VERSION_COLUMN = Column(VERSION, "版本（勿改）", LINE, note="导出时自动生成，请不要修改")
_AS_EXPORTED = "导出那天的情况，改了也不导入"
#: What an exported row tells besides; whoever imports it doesn't look at these.
TOLD = (
    Column("freshness", "时效（导出时）", LINE, note=_AS_EXPORTED),
    Column("due", "复核期限（导出时）", LINE, note=_AS_EXPORTED),
    Column("reasons", "时效原因（导出时）", LINE, note=_AS_EXPORTED),
)
#: Headings that mean the first of these columns that the table doesn't have otherwise.
_EITHER = {"问题": ("title", "questions"), "问法": ("title", "questions")}
#: A column of another kind, which stands for two of ours.
VALIDITY = "有效期"

_NUMBER = re.compile(r"\d+$")
_REMARK = re.compile(r"[(\[【][^()\[\]【】]*[)\]】]$|\*+")


class Columns:
    """All columns for these configured channels, in the order of a table."""

    def __init__(self, channels: Sequence[str]) -> None:
        self.scripts = {_script_name(channel): channel for channel in (None, *channels)}
        scripts = [_script_column(channel) for channel in (None, *channels)]
        sections = [Column(t, t, TEXT, note="Markdown，如每行一步") for t in SECTIONS if t != SCRIPT_HEADING]
        self.sections = tuple(column.name for column in sections)
        other = Column(OTHER, "其他内容", TEXT, note="以上各列之外的正文，Markdown")
        self.all = (ID, TITLE, QUESTIONS, _CATEGORY, *scripts, *sections, other, *_FIELDS)
        self.by_name = {column.name: column for column in self.all}
        self._names = {
            _folded(name): column.name
            for column in (*self.all, *TOLD, VERSION_COLUMN, Column(VALIDITY, VALIDITY, LINE))
            for name in (*column.aliases, column.name, column.heading)
        }

    def names_of(self, headings: Iterable[str]) -> list[str | None]:
        """The column that each heading means, None for those that mean nothing here."""
        headings = list(headings)
        names = [self._name(heading) for heading in headings]
        for place, heading in enumerate(headings):
            for name in _EITHER.get(_plain(heading), ()):
                if names[place] is None and name not in names:
                    names[place] = name
        return names

    def _name(self, heading: str) -> str | None:
        plain = _plain(heading)
        return self._names.get(_folded(heading)) or self._names.get(plain) or self._numbered(plain)

    def _numbered(self, plain: str) -> str | None:
        """Similar questions may come in several columns (相似问1, 相似问2, …), nothing else."""
        name = self._names.get(_NUMBER.sub("", plain))
        return name if name == QUESTIONS.name else None


def _script_name(channel: str | None) -> str:
    return f"{BODY}:{channel}" if channel else BODY


def _script_column(channel: str | None) -> Column:
    if channel is None:
        return Column(BODY, SCRIPT_HEADING, TEXT, _SCRIPT_ALIASES, note="客服可以直接发送的话")
    aliases = (f"{channel}话术", f"答案({channel})", f"{channel}答案", f"{SCRIPT_HEADING}({channel})")
    return Column(
        _script_name(channel), f"{SCRIPT_HEADING}：{channel}", TEXT, aliases, note=f"{channel}专用的话术，可不填"
    )


def _folded(heading: str) -> str:
    """A heading as it is compared: width, case and spaces don't matter."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", heading)).lower()


def _plain(heading: str) -> str:
    """A heading as it is compared, without remarks like （必填）."""
    return _REMARK.sub("", _folded(heading))
