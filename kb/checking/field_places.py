"""Which field of an article a line of its file belongs to: a finding is shown where it can be mended.

Fields of the front matter go by their keys, the rest as forms call it: ``script:`` and ``script:微信`` for wordings,
``section:处理步骤`` for the sections of this house, ``other`` for all else in the body.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from kb.content.findings import Findings
from kb.content.front_matter import read_front_matter
from kb.text.section_edits import SECTIONS
from kb.text.sections import SCRIPT_HEADING, parse_sections, script_sections

#: of what no field shows
WHOLE_FILE = "source"


class FieldPlaces:
    """The fields of one file by its lines. The file is read once: it may have hundreds of findings."""

    def __init__(self, source: str) -> None:
        front = read_front_matter(source, Findings(""))
        entries = front.entries if front else {}
        body = front.body if front else ""
        self._keys, self._key_lines = list(entries), [entry.line for entry in entries.values()]
        self._body_line = front.body_line if front else None
        self._line_starts = list(accumulate((len(text) + 1 for text in body.split("\n")), initial=0))
        self._parts, self._part_ends = _parts(body), [section.end for section in parse_sections(body)]

    def field_at(self, line: int) -> str:
        """The name of the field that holds ``line`` (from 1); WHOLE_FILE where none does."""
        if self._body_line is None:
            return WHOLE_FILE
        if line < self._body_line:
            above = bisect_right(self._key_lines, line)
            return self._keys[above - 1] if above else WHOLE_FILE
        offset = self._line_starts[min(line - self._body_line, len(self._line_starts) - 1)]
        part = bisect_right(self._part_ends, offset)  # headings belong to what follows them
        return self._parts[min(part, len(self._parts) - 1)]


def _parts(body: str) -> list[str]:
    """The fields of all sections, in order."""
    scripts = {section: channel for channel, section in script_sections(body)}
    parts, chapter = [], ""
    for section in parse_sections(body):
        chapter = chapter if section.level == 3 else section.title
        if section in scripts:
            parts.append(f"script:{scripts[section] or ''}")
        else:
            is_known = chapter in SECTIONS and chapter != SCRIPT_HEADING
            parts.append(f"section:{chapter}" if is_known else "other")
    return parts
