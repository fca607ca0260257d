"""How one front matter field is read: a row per field says what it may hold, one function reads them all.

A parser turns the text of a value into what the model wants, or raises ValueError whose message says what is
wrong and how to mend it; the caller puts the name of the field in front.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kb.content.findings import NOT_ONE_LINE, Findings, quoted
from kb.content.front_matter import Entry, Scalar
from kb.model import Interval

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"[0-9]{1,9}")
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

_MOST_UNKNOWN = 20  # to report of one file: more is a file of another kind

#: Names that other systems use, for people who come from there.
_FOREIGN_NAMES = {
    "aliases": "questions",
    "lastmod": "updated",
    "publishDate": "valid_from",
    "expiryDate": "valid_to",
}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. ``required``: what to say when it is missing, ``""`` if it may be.

    ``at_most`` > 0 makes it a list of so many values; ``alone`` is a word that may stand there instead of the
    list and means the default. ``advice`` looks at an accepted value and returns a warning or None.
    """

    name: str
    parse: Callable[[str], Any]
    default: Any = None
    required: str = ""
    at_most: int = 0
    alone: str | None = None
    advice: Callable[[Any], str | None] | None = None


def read_fields(specs: Sequence[FieldSpec], entries: Mapping[str, Entry], findings: Findings) -> dict[str, Any]:
    """The value of every field by name; one that is absent or wrong has its default."""
    values = {}
    for spec in specs:
        entry = entries.get(spec.name)
        value = None
        if entry is not None and not _is_empty(entry):
            value = _read_list(spec, entry, findings) if spec.at_most else _read_one(spec, entry, findings)
        elif spec.required:
            findings.error(entry.line if entry else 1, spec.required)
        values[spec.name] = spec.default if value is None else value
    unknown = [name for name in entries if name not in values]
    for name in unknown[:_MOST_UNKNOWN]:
        findings.warn(entries[name].line, _unknown(name, values))
    return values


def _is_empty(entry: Entry) -> bool:
    return not entry.value or (isinstance(entry.value, Scalar) and entry.value.text is None)


def _read_one(spec: FieldSpec, entry: Entry, findings: Findings) -> Any:
    """The parsed value; None after reporting why there is none."""
    if not isinstance(entry.value, Scalar):
        findings.error(entry.line, f"{spec.name} 只能写一个值，不能写成列表。")
        return None
    value = _parsed(spec, entry.value, findings)
    advice = spec.advice(value) if spec.advice and value is not None else None
    if advice:
        findings.warn(entry.line, f"{spec.name} {advice}")
    return value


def _read_list(spec: FieldSpec, entry: Entry, findings: Findings) -> tuple[Any, ...] | None:
    """The parsed values without repetitions; None for ``alone`` and after reporting why there are none."""
    items = entry.value
    if isinstance(items, Scalar):
        if items.text != spec.alone:
            findings.error(entry.line, f"{spec.name} 应写成列表，如 {spec.name}: [甲, 乙]（英文逗号分隔）。")
        return None
    if len(items) > spec.at_most:
        findings.error(entry.line, f"{spec.name} 最多 {spec.at_most} 项，现在有 {len(items)} 项，请删减。")
        return None
    first_lines: dict[Any, int] = {}
    for item in items:
        value = _parsed(spec, item, findings)
        if value in first_lines:
            findings.warn(item.line, f"{spec.name} 里{quoted(value)}与第 {first_lines[value]} 行重复，请删掉一个。")
        elif value is not None:
            first_lines[value] = item.line
    return tuple(first_lines)


def _parsed(spec: FieldSpec, scalar: Scalar, findings: Findings) -> Any:
    if scalar.text is None:
        findings.error(scalar.line, f"{spec.name} 有一项是空的，请补上或删掉。")
        return None
    try:
        return spec.parse(scalar.text.strip())
    except ValueError as error:
        findings.error(scalar.line, f"{spec.name} {error}")
        return None


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    foreign = _FOREIGN_NAMES.get(name)
    close = [foreign] if foreign in known else difflib.get_close_matches(name, known, n=1)
    hint = f"是不是想写 {close[0]}？" if close else "请删掉，或对照格式说明改正。"
    return f"没有{quoted(name)}这个字段，内容不会生效；{hint}"


def text(shortest: int, longest: int) -> Callable[[str], str]:
    """One line of ``shortest`` to ``longest`` characters."""

    def parse(value: str) -> str:
        if NOT_ONE_LINE.search(value):
            raise ValueError("应写在一行里，不能有换行或控制字符。")
        if len(value) < shortest:
            raise ValueError(f"至少要 {shortest} 个字，现在有 {len(value)} 个字，请写完整。")
        if len(value) > longest:
            raise ValueError(f"最多 {longest} 个字，现在有 {len(value)} 个字，请缩短。")
        return value

    return parse


def tag(value: str) -> str:
    """A short word."""
    if "，" in value or "、" in value:
        raise ValueError(f"里{quoted(value)}含有中文逗号或顿号，请用英文逗号把各项分开。")
    return text(1, 30)(value)


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    """One of ``words``, exactly as written there."""

    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f"不能是{quoted(value)}，可以写：{'、'.join(words)}（多项之间用英文逗号）。")
        return value

    return parse


def slug(value: str) -> str:
    """An identifier that can stand in a URL and a file name."""
    if not SLUG.fullmatch(value):
        raise ValueError(f"不能是{quoted(value)}，只能用小写字母、数字和连字符，以字母或数字开头，最多 64 个字符。")
    return value


def day(value: str) -> date:
    """A calendar day, ``YYYY-MM-DD``."""
    if not _DAY.fullmatch(value):
        raise ValueError(f"不能是{quoted(value)}，日期应写成 2026-03-02 这样的“年-月-日”。")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"写的{quoted(value)}这一天不存在，请核对月份和日期。") from None


def interval(value: str) -> Interval:
    """A review interval."""
    try:
        return Interval.parse(value)
    except ValueError:
        raise ValueError(f"不能是{quoted(value)}，应写成 7d（天）、2w（周）或 3m（月）。") from None


def whole(value: str) -> int:
    """A whole number from 0 to 1000."""
    if not _WHOLE.fullmatch(value) or int(value) > 1000:
        raise ValueError(f"不能是{quoted(value)}，应写 0 到 1000 的整数。")
    return int(value)


def flag(value: str) -> bool:
    """A yes or no, in YAML's spellings."""
    try:
        return _FLAGS[value.lower()]
    except KeyError:
        raise ValueError(f"不能是{quoted(value)}，应写 true 或 false。") from None
