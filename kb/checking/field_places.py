"""Which field of an article a line of its file belongs to: a finding is shown where it can be mended.

Fields of the front matter go by their keys, the rest as forms call it: ``script:`` and ``script:微信`` for wordings,
``section:处理步骤`` for the sections of this house, ``other`` for all else in the body.
"""

from __future__ import annotations

from kb.content.findings import Findings
from kb.content.front_matter import FrontMatter, read_front_matter
from kb.text.section_edits import SECTIONS
from kb.text.sections import SCRIPT_HEADING, parse_sections, script_sections

#: of what no field shows
WHOLE_FILE = "source"


def field_at(source: str, line: int) -> str:
    """The name of the field that holds ``line`` (from 1); WHOLE_FILE where none does."""
    front = read_front_matter(source, Findings(""))
    if front is None:
        return WHOLE_FILE
    if line < front.body_line:
        above = [(entry.line, name) for name, entry in front.entries.items() if entry.line <= line]
        return max(above)[1] if above else WHOLE_FILE
    return _section_at(front, line - front.body_line)


def _section_at(front: FrontMatter, line: int) -> str:
    """The same for a line of the body, from 0."""
    body = front.body
    offset = sum(len(text) + 1 for text in body.split("\n")[:line])
    scripts = {section: channel for channel, section in script_sections(body)}
    chapter = ""
    for section in parse_sections(body):
        chapter = chapter if section.level == 3 else section.title
        if offset < section.end:  # headings belong to what follows them
            break
    if section in scripts:
        return f"script:{scripts[section] or ''}"
    return f"section:{chapter}" if chapter in SECTIONS and chapter != SCRIPT_HEADING else "other"
