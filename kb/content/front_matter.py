"""From the text of an article file to its front matter keys, each with its line, and its body.

The YAML is read as a stream of events, not composed into a tree: the format is flat (``key: text`` or ``key:
[texts]``), so anchors, aliases and nesting are refused at the first such event, and no input, however deep, costs
more than a pass over it. Values stay text; what ``2026-13-40`` or ``yes`` means is for the field to say.
(Events are typed Any: the stubs of PyYAML know neither their anchors nor that their marks are always there.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kb.content.findings import Findings, quoted

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FIRST_LINE = 2  # of the YAML text in the file: line 1 is the opening ---
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})

_FENCED = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_OPENING = re.compile(r"\ufeff?---[ \t]*\r?(?:\n|\Z)")
#: What YAML can't hold, and the line ends that only YAML takes for one (they would shift every line number).
UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; ``text`` is None for an empty one, ``~`` or ``null``."""

    line: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value. ``line`` counts from 1 in the file.

    ``start`` is where the key, ``[value_start, value_end)`` where the value stands in the source; ``inline``
    tells whether that range is exactly the value (of a block list or text it runs on to the next key).
    """

    line: int
    value: Scalar | tuple[Scalar, ...]
    start: int
    value_start: int
    value_end: int
    inline: bool


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Keys in the order of the file; ``end`` is where the closing ``---`` stands in the source.

    ``body`` begins at line ``body_line`` and has line feeds as line ends, whatever the file has.
    """

    entries: Mapping[str, Entry]
    end: int
    body: str
    body_line: int


class _Malformed(Exception):
    """The front matter can't be read from ``line`` (of the file, from 1) on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_front_matter(source: str, findings: Findings) -> FrontMatter | None:
    """Split and read the text of a file; None, with the reason in ``findings``, when nothing can be made of it."""
    fenced = _FENCED.match(source)
    if fenced is None:
        if _OPENING.match(source):
            findings.error(1, "文件头没有结束，请在最后一个字段的下一行单独写 ---。")
        else:
            findings.error(1, "缺少文件头，第一行应为 ---，其后写 id、title 等字段，再以一行 --- 结束。")
        return None
    entries: dict[str, Entry] = {}
    try:
        for key, entry in _entries(fenced["yaml"], fenced.start("yaml")):
            if key in entries:
                message = f"字段{quoted(key)}写了两次，第 {entries[key].line} 行已有，请删掉一个。"
                findings.error(entry.line, message)
            entries.setdefault(key, entry)
    except _Malformed as error:
        findings.error(error.line, str(error))
        return None
    body_line = source.count("\n", 0, fenced.end()) + 1
    body = source[fenced.end() :].replace("\r\n", "\n")
    return FrontMatter(entries, fenced.end("yaml"), body, body_line)


def _entries(text: str, offset: int) -> Iterator[tuple[str, Entry]]:
    """Key and entry of every key in a YAML text that stands at ``offset`` in the source."""
    bad = UNPRINTABLE.search(text)
    if bad is not None:
        line = text.count("\n", 0, bad.start())
        raise _Malformed(line + _FIRST_LINE, f"文件头里有不可见字符 U+{ord(bad[0]):04X}，请删掉后重新输入这一行。")
    try:
        yield from _mapping(yaml.parse(text, Loader=_LOADER), offset)
    except yaml.MarkedYAMLError as error:
        raise _explained(error, text) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an escape such as "\U00110000"
        raise _Malformed(_FIRST_LINE, f"文件头不符合 YAML 写法（{error}），请检查引号和转义字符。") from error


def _mapping(events: Iterator[Any], offset: int) -> Iterator[tuple[str, Entry]]:
    next(events)  # start of the stream
    if isinstance(next(events), yaml.StreamEndEvent):
        return
    root = next(events)
    if not isinstance(root, yaml.MappingStartEvent) or root.flow_style or root.anchor:
        raise _Malformed(_line(root), "文件头每行应写成“字段: 值”（英文冒号加一个空格）。")
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _scalar(event)
        if event.start_mark.column != 0:
            raise _Malformed(key.line, "字段名应顶格写，前面不要有空格或“?”。")
        yield key.text or "", _entry(event, next(events), events, offset)
    next(events)  # end of the document
    if not isinstance(event := next(events), yaml.StreamEndEvent):
        raise _Malformed(_line(event), "文件头里不能再分段，请删掉“...”。")


def _entry(key: Any, first: Any, events: Iterator[Any], offset: int) -> Entry:
    """The entry of a key whose value begins with the event ``first``."""
    last = first
    value: Scalar | tuple[Scalar, ...]
    if isinstance(first, yaml.SequenceStartEvent) and not first.anchor:
        items = []
        while not isinstance(last := next(events), yaml.SequenceEndEvent):
            items.append(_scalar(last))
        value, inline = tuple(items), first.flow_style
    else:
        value = _scalar(first)
        inline = first.style not in ("|", ">")
    start, end = first.start_mark.index + offset, last.end_mark.index + offset
    return Entry(_line(key), value, key.start_mark.index + offset, start, end, bool(inline))


def _scalar(event: Any) -> Scalar:
    line = _line(event)
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _Malformed(line, "不支持 YAML 的锚点和引用（& 和 *）；若是普通文字，请给值加上英文引号。")
    if not isinstance(event, yaml.ScalarEvent):
        raise _Malformed(line, "这里只能写一个值或一层列表，不能嵌套；文字里有 [ ] { } 或“: ”时请加英文引号。")
    is_nothing = event.implicit[0] and event.value in _NOTHING
    return Scalar(line, None if is_nothing else event.value)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + _FIRST_LINE


_TAB = "这一行用了制表符（Tab）缩进，请改用空格。"
#: (part of the library's complaint, whether the place where the construct began is the one to show, what to say)
_EXPLANATIONS = (
    ("tab character", False, _TAB),
    ("mapping values are not allowed", False, "值里有“: ”，请给整个值加上英文引号；下一级内容不要缩进。"),
    ("escape", False, "双引号里的反斜杠是转义符，请写成 \\\\，或改用单引号。"),
    ("quoted scalar", True, "引号没有成对，请补上另一半。"),
    ("flow sequence", True, "方括号没有成对，或两项之间缺少英文逗号。"),
    ("flow", True, "括号或逗号用得不对；文字里有 [ ] { } 或英文逗号时请给值加上英文引号。"),
    ("could not find expected ':'", True, "缺少“: ”（英文冒号加一个空格），应写成“字段: 值”。"),
    ("sequence entries are not allowed", False, "列表项“- ”要另起一行写。"),
    ("block", False, "写法有误：字段要顶格写，列表项缩进一致，引号之后不能再有文字。"),
)


def _explained(error: yaml.MarkedYAMLError, text: str) -> _Malformed:
    complaint = f"{error.context} {error.problem}"
    here = error.problem_mark or error.context_mark
    began = error.context_mark or here
    line = here.line + _FIRST_LINE if here else _FIRST_LINE
    if "cannot start any token" in complaint and here:
        char = text[here.index : here.index + 1]
        return _Malformed(line, _TAB if char == "\t" else f"值不能以“{char}”开头，请给整个值加上英文引号。")
    for part, from_beginning, message in _EXPLANATIONS:
        if part in complaint:
            return _Malformed(began.line + _FIRST_LINE if from_beginning and began else line, message)
    return _Malformed(line, f"不符合 YAML 写法（{error.problem}），请检查这一行的冒号、引号和缩进。")
