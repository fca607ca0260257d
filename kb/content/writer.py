"""Writing front matter: new files in one fixed order, and edits that touch nothing but the keys they are about.

An edit splices text at the places where the YAML reader saw the key. Comments, order, quoting, line ends, the byte
order mark and the body stay as their author left them, which is what keeps the history of a file readable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from yaml import ScalarNode
from yaml.resolver import Resolver

from kb.content.findings import Findings
from kb.content.front_matter import UNPRINTABLE, Entry, FrontMatter, read_front_matter
from kb.content.validation import FIELD_ORDER
from kb.errors import ArticleError

Value = str | int | bool | date | Sequence[str]

#: Characters that mean nothing to YAML, wherever they stand between the first and the last word character.
_SAFE = re.compile(r"\w(?:[\w 、，。？！：；（）《》“”…—/.+%-]*[\w。？！）》”…%+])?")
_BLOCK_LISTS = frozenset({"questions"})  # whole sentences: one a line
_RESOLVER: Any = Resolver()  # has no stubs
_TEXT = Resolver.DEFAULT_SCALAR_TAG


def edit_front_matter(source: str, changes: Mapping[str, Value | None]) -> str:
    """The source with some keys set to new values, or removed (None); all else stays byte-identical.

    A new key goes where the format has it. Raises ArticleError when the front matter can't be read.
    """
    for name in sorted(changes, key=_rank):
        source = _with_key(source, name, changes[name])
    return source


def replace_body(source: str, body: str) -> str:
    """The source with another body (line feeds as line ends), written with the line ends of the file.

    Raises ArticleError when the front matter can't be read.
    """
    front = _front_matter(source)
    newline = _newline(source)
    closing = source[front.end :].partition("\n")[0].rstrip("\r")
    return source[: front.end] + closing + newline + body.replace("\n", newline)


def render_document(fields: Mapping[str, Value | None], body: str = "") -> str:
    """A new file: the keys that have a value (not None, not empty) in the order of the format, then the body."""
    lines = ["---"]
    for name in sorted(fields, key=_rank):
        value = fields[name]
        if value is not None and value not in ("", (), []):
            lines.append(_rendered_key(name, value))
    return "\n".join([*lines, "---", body])


def _rank(name: str) -> int:
    return FIELD_ORDER.index(name) if name in FIELD_ORDER else len(FIELD_ORDER)


def _with_key(source: str, name: str, value: Value | None) -> str:
    front = _front_matter(source)
    newline = _newline(source)
    entry = front.entries.get(name)
    if entry is None:
        if value is None:
            return source
        place = _place_for(name, front, source)
        return source[:place] + _rendered_key(name, value, newline) + newline + source[place:]
    if value is None:
        return source[: entry.start] + source[_end_of(entry, front, source) :]
    if entry.inline:
        space = " " if entry.value_start == entry.value_end else ""
        return source[: entry.value_start] + space + _rendered(value) + source[entry.value_end :]
    end = _end_of(entry, front, source)
    return source[: entry.start] + _rendered_key(name, value, newline) + newline + source[end:]


def _front_matter(source: str) -> FrontMatter:
    findings = Findings("")
    front = read_front_matter(source, findings)
    if front is None:
        problem = findings.problems[0]
        raise ArticleError(f"文件头有误，没有改动：第 {problem.line} 行，{problem.message}")
    return front


def _newline(source: str) -> str:
    return "\r\n" if source.partition("\n")[0].endswith("\r") else "\n"


def _place_for(name: str, front: FrontMatter, source: str) -> int:
    """Where the lines of a new key go: below the last of those keys that the format puts before it."""
    before = [key for key in front.entries if _rank(key) < _rank(name)]
    if before:
        return _end_of(front.entries[max(before, key=_rank)], front, source)
    return min((entry.start for entry in front.entries.values()), default=front.end)


def _end_of(entry: Entry, front: FrontMatter, source: str) -> int:
    """Where the lines of an entry end: blank lines and comments that follow it are not its own."""
    following = min((e.start for e in front.entries.values() if e.start > entry.start), default=front.end)
    lines = source[entry.start : following].splitlines(keepends=True)
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].startswith("#")):
        lines.pop()
    return entry.start + len("".join(lines))


def _rendered_key(name: str, value: Value, newline: str = "\n") -> str:
    if name in _BLOCK_LISTS and isinstance(value, list | tuple) and value:
        return newline.join([f"{name}:", *(f"  - {_quoted(item)}" for item in value)])
    return f"{name}: {_rendered(value)}"


def _rendered(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_quoted, value))}]"
    return str(value).lower()  # true, false, a number, a date


def _quoted(text: str) -> str:
    """A scalar that every YAML reader takes for exactly this text."""
    if _SAFE.fullmatch(text) and _RESOLVER.resolve(ScalarNode, text, (True, False)) == _TEXT:
        return text
    # A JSON string is a YAML string, but for a few characters that YAML wants escaped.
    return UNPRINTABLE.sub(_escaped, json.dumps(text, ensure_ascii=False))


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
