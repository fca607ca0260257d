"""The parts of an article's Markdown body: sections, the scripts in them, plain text for index and snippets.

Headings are read the way the page renders them (Python-Markdown: the space after ``##`` may be missing, a code
fence that is never closed is none), so that what an agent copies is what the editor saw under that heading.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kb.model import Script

SCRIPT_HEADING = "标准话术"

_HEADING_OR_FENCE = re.compile(
    r"^(?:(?P<hashes>#{2,3})(?!#)(?P<title>.*)|(?P<fence>`{3,}|~{3,})(?P<info>.*))$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below one heading: ``body[start:end]``, up to the next H2 or H3.

    ``level`` is 2 or 3, or 0 for what stands before the first heading.
    """

    level: int
    title: str
    start: int
    end: int


@lru_cache(maxsize=1)
def parse_sections(body: str) -> tuple[Section, ...]:
    """Cut a body (line feeds as line ends) at its H2 and H3 headings; headings in fenced code don't count.

    Kept, because whoever has a body at hand asks for one part of it after the other.
    """
    sections = []
    level, title, start = 0, "", 0
    for heading in _headings(body):
        sections.append(Section(level, title, start, heading.start()))
        level, title, start = len(heading["hashes"]), heading["title"].strip(" \t#"), heading.end()
    sections.append(Section(level, title, start, len(body)))
    return tuple(sections)


def script_sections(body: str) -> Iterator[tuple[str | None, Section]]:
    """The sections that hold scripts, each with the channel it is for.

    What directly follows ``## 标准话术`` is for every channel (None); an H3 below it names its channel.
    """
    in_scripts = False
    for section in parse_sections(body):
        if section.level < 3:
            in_scripts = section.title == SCRIPT_HEADING
        if in_scripts:
            yield (section.title if section.level == 3 else None), section


def scripts_of(body: str) -> tuple[Script, ...]:
    """The wordings of a body, in order; empty ones are left out, so that the general one stands in for them."""
    if SCRIPT_HEADING not in body:
        return ()
    scripts = (Script(c, body[s.start : s.end].strip()) for c, s in script_sections(body))
    return tuple(script for script in scripts if script.text)


def without_scripts(body: str) -> str:
    """The body without the sections that hold scripts, for a page that shows those apart."""
    scripts = {section for _, section in script_sections(body)}
    kept, done = [], 0
    for section in parse_sections(body):
        if section not in scripts:
            kept.append(body[done : section.end])
        done = section.end
    return "".join(kept)


def _headings(body: str) -> Iterator[re.Match[str]]:
    """H2 and H3 headings outside fenced code."""
    marks = list(_HEADING_OR_FENCE.finditer(body))
    # A fence is closed by the same characters alone on a line. Where the last such line of each kind is tells,
    # in one pass over the body, whether an opening fence will be closed at all.
    last_closing = {mark["fence"]: i for i, mark in enumerate(marks) if _closes(mark, mark["fence"])}
    fence = None
    for i, mark in enumerate(marks):
        if fence is not None:
            if _closes(mark, fence):
                fence = None
        elif mark["fence"] is None:
            yield mark
        elif last_closing.get(mark["fence"], -1) > i:
            fence = mark["fence"]


def _closes(mark: re.Match[str], fence: str | None) -> bool:
    return fence is not None and mark["fence"] == fence and not mark["info"].strip(" ")


# What Markdown adds to the words, in the order in which it is taken away. Every pattern runs in linear time:
# none can look further than to the next character of its own kind.
_BLOCK_MARKS = re.compile(
    r"^[ \t>]*(?:(?:`{3,}|~{3,}).*$|[-*_=|: \t]{3,}$|#{1,6}[ \t]*|(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)?", re.MULTILINE
)
_TAG = re.compile(
    r"<!--[^<>]*-->"
    r"|</?[A-Za-z][A-Za-z0-9-]*(?:\s+[A-Za-z_:][A-Za-z0-9_:.-]*(?:=(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))?)*\s*/?>"
)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)")
_STARS = re.compile(r"\*(?<![*\\]\*)(\*{0,2})(?=[^\s*])([^*\n]*[^\s*\\])\*\1(?!\*)")
_UNDERSCORES = re.compile(r"_(?<![\w\\]_)(_?)(?=[^\s_])([^_\n]*[^\s_\\])_\1(?!\w)")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|~<>-])")


def plain_text(markdown: str) -> str:
    """The words of a Markdown text, one block a line, without marks, tags and link targets."""
    text = markdown
    if "<" in text:
        text = _TAG.sub(" ", text)
    text = _BLOCK_MARKS.sub("", text)
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "*" in text:
        text = _STARS.sub(r"\2", text)
    if "_" in text:
        text = _UNDERSCORES.sub(r"\2", text)
    text = text.replace("`", "").replace("~~", "")
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    if "&" in text:
        text = html.unescape(text)
    lines = (" ".join(line.split()) for line in text.replace("|", " ").split("\n"))
    return "\n".join(line for line in lines if line)
