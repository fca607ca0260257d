"""The article format: which fields an article and a folder have, and what must hold between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kb.content.fields import FieldSpec, day, flag, interval, one_of, read_fields, slug, tag, text, whole
from kb.content.findings import Findings, quoted
from kb.content.front_matter import FrontMatter
from kb.model import AUDIENCES, KINDS, PRIORITIES, STATUSES, Article, Folder, Interval, Script
from kb.text.sections import SCRIPT_HEADING, script_sections, scripts_of

#: Raise it whenever the same file gives another article or other problems.
FORMAT_VERSION = 3

_TITLE_SHOULD_BE_AT_MOST = 60


def _long_interval(interval: Interval) -> str | None:
    if not interval.is_as_good_as_never:
        return None
    return f"{interval} 超过十年，等于不再复核；请改短，如 30d（天）、6m（月）。"


FOLDER_FIELDS = (
    FieldSpec("title", text(1, 60), required="缺少 title（中文名称），请加一行，如 title: 网上商城。"),
    FieldSpec("owner", text(1, 60)),
    FieldSpec("review_every", interval, advice=_long_interval),
    FieldSpec("weight", whole, default=0),
    FieldSpec("description", text(1, 500), default=""),
)


def _long_title(title: str) -> str | None:
    if len(title) <= _TITLE_SHOULD_BE_AT_MOST:
        return None
    return f"有 {len(title)} 个字，超过 {_TITLE_SHOULD_BE_AT_MOST} 个字，列表里会被截断，请缩短。"


def article_fields(channels: Sequence[str]) -> tuple[FieldSpec, ...]:
    """The fields of an article, in the order in which they stand in a file; ``channels``: the configured ones."""
    return (
        FieldSpec("id", slug, required="缺少 id（唯一编号），请加一行，如 id: refund-not-received。"),
        FieldSpec("title", text(2, 200), required="缺少 title（标准问），请加一行。", advice=_long_title),
        FieldSpec("questions", text(1, 200), default=(), at_most=50),
        FieldSpec("kind", one_of(KINDS), default="faq"),
        FieldSpec("channels", one_of(channels), default=tuple(channels), at_most=50, alone="all"),
        FieldSpec("owner", text(1, 60)),
        FieldSpec("contact", text(1, 100)),
        FieldSpec("priority", one_of(PRIORITIES), default="general"),
        FieldSpec("tags", tag, default=(), at_most=50),
        FieldSpec("status", one_of(STATUSES), default="published"),
        FieldSpec("audience", one_of(AUDIENCES), default="internal"),
        FieldSpec("created", day),
        FieldSpec("updated", day),
        FieldSpec("verified", day),
        FieldSpec("verified_by", text(1, 60)),
        FieldSpec("review_every", interval, advice=_long_interval),
        FieldSpec("valid_from", day),
        FieldSpec("valid_to", day),
        FieldSpec("weight", whole, default=0),
        FieldSpec("pinned", flag, default=False),
        FieldSpec("related", slug, default=(), at_most=50),
        FieldSpec("former_ids", slug, default=(), at_most=50),  # links to them still lead here
    )


#: The keys of an article in the order in which they stand in a file.
FIELD_ORDER = tuple(spec.name for spec in article_fields(()))


def read_folder(front: FrontMatter, slug: str, findings: Findings) -> Folder:
    """The folder that an ``_index.md`` describes; the slug stands in for a missing title."""
    values = read_fields(FOLDER_FIELDS, front.entries, findings)
    return Folder(slug, **{**values, "title": values["title"] or slug})


@dataclass(frozen=True, slots=True)
class ArticleFormat:
    """The format of an article where ``channels`` are the configured channels."""

    channels: tuple[str, ...]
    fields: tuple[FieldSpec, ...]

    @classmethod
    def with_channels(cls, channels: Sequence[str]) -> ArticleFormat:
        """The format for these channels."""
        return cls(tuple(channels), article_fields(channels))

    def read(self, front: FrontMatter, product: Folder, scenario: Folder, findings: Findings) -> Article | None:
        """The article that a file describes, with what it inherits; None when ``findings`` has an error."""
        values = read_fields(self.fields, front.entries, findings)
        scripts = scripts_of(front.body)
        _check_dates(values, front, findings)
        _check_scripts(scripts, self.channels, front, findings)
        if values["status"] == "published" and not scripts:
            message = f"缺少{SCRIPT_HEADING}，客服没有可直接发送的话；请加一节“## {SCRIPT_HEADING}”。"
            findings.warn(front.body_line, message)
        if findings.has_errors:
            return None
        for name in ("owner", "review_every"):
            values[name] = values[name] or getattr(scenario, name) or getattr(product, name)
        return Article(**values, product=product, scenario=scenario, body=front.body, scripts=scripts)


def _check_dates(values: dict[str, Any], front: FrontMatter, findings: Findings) -> None:
    created, updated, verified = values["created"], values["updated"], values["verified"]
    valid_from, valid_to = values["valid_from"], values["valid_to"]
    if valid_from and valid_to and valid_to < valid_from:
        findings.error(
            front.entries["valid_to"].line,
            f"valid_to {valid_to} 早于 valid_from {valid_from}，这条知识永远不会生效，请核对。",
        )
    if created and updated and updated < created:
        findings.warn(front.entries["updated"].line, f"updated {updated} 早于 created {created}，请核对哪个写错了。")
    if values["verified_by"] and not verified:
        findings.warn(
            front.entries["verified_by"].line,
            "写了 verified_by 却没有 verified，会被当作从未审核；请补上审核日期。",
        )


def _check_scripts(scripts: Sequence[Script], channels: Sequence[str], front: FrontMatter, findings: Findings) -> None:
    if all(script.channel is None or script.channel in channels for script in scripts):
        return
    line, counted = front.body_line, 0
    for channel, section in script_sections(front.body):
        if channel is not None and channel not in channels:
            line += front.body.count("\n", counted, section.start)
            counted = section.start
            findings.warn(
                line,
                f"“{SCRIPT_HEADING}”下的三级标题{quoted(channel)}不是已配置的渠道（{'、'.join(channels)}），"
                "客服看不到这段话术；请改成渠道名，或改用四级标题 ####。",
            )
