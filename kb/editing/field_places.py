"""Which field of the form a line of the file belongs to: a finding is shown where it can be mended."""

from __future__ import annotations

from kb.content.findings import Findings
from kb.content.front_matter import FrontMatter, read_front_matter
from kb.editing.form import FORM_SECTIONS, SCRIPT, SECTION
from kb.text.sections import parse_sections, script_sections

#: of what no field of the form shows
WHOLE_FILE = "source"


def field_at(source: str, line: int) -> str:
    """The name, as browsers send it, of the field that holds ``line`` (from 1); WHOLE_FILE where none does."""
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
        return f"{SCRIPT}{scripts[section] or ''}"
    return f"{SECTION}{chapter}" if chapter in FORM_SECTIONS else "other"
