"""Reading and replacing single parts of an article's body: a script, a section, or what is neither.

A replaced part keeps the blank lines around it, and everything else stays as it is. Text put in never begins a section
of its own: headings in it that would are put down to a lower level.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from kb.text.sections import SCRIPT_HEADING, Section, parse_sections, script_sections

#: The sections that articles of this house have, in their order.
SECTIONS = ("问题预判", "适用范围", "案例经过", SCRIPT_HEADING, "处理步骤", "注意事项", "后续跟进")

_H2 = re.compile(r"^##(?!#)", re.MULTILINE)
_H2_OR_H3 = re.compile(r"^#{2,3}(?!#)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Chapter:
    """All that belongs to one H2: ``start`` is where the heading, ``text`` where what follows it begins.

    ``title`` is ``""`` for what stands before the first H2.
    """

    title: str
    start: int
    text: int
    end: int


def script_texts(body: str) -> dict[str | None, str]:
    """The wordings by channel (None: the general one), in order; of two for one channel the first."""
    texts: dict[str | None, str] = {}
    for channel, section in script_sections(body):
        texts.setdefault(channel, body[section.start : section.end].strip())
    return texts


def section_text(body: str, title: str) -> str:
    """What stands below the H2 ``title``, its H3 included; ``""`` when there is none."""
    chapter = _chapter(body, title)
    return body[chapter.text : chapter.end].strip() if chapter else ""


def other_text(body: str) -> str:
    """All but the first of each of SECTIONS."""
    return _joined([body[chapter.start : chapter.end] for chapter in _others(body)]).strip()


def with_script(body: str, channel: str | None, text: str) -> str:
    """The body with this wording for ``channel`` (None: the general one); an empty text takes it out."""
    if len(parse_sections(text)) > 1:
        text = _H2_OR_H3.sub("####", text)
    section, chapter = _script(body, channel), _chapter(body, SCRIPT_HEADING)
    if section is not None:
        if text or channel is None:
            return _spliced(body, section.start, section.end, text)
        return body[: body.rindex("\n", 0, section.start) + 1] + body[section.end :]
    if not text:
        return body
    if channel is None:
        return _with_new(body, SCRIPT_HEADING, text)
    heading = f"### {channel}\n{text}"
    return _inserted(body, chapter.end, heading) if chapter else _with_new(body, SCRIPT_HEADING, heading)


def with_section(body: str, title: str, text: str) -> str:
    """The body with this text below the H2 ``title``; an empty text takes the section out.

    Its heading stays where another one says the same: that section would take its place.
    """
    if len(_chapters(text)) > 1:
        text = _H2.sub("###", text)
    chapter = _chapter(body, title)
    if chapter is None:
        return _with_new(body, title, text) if text else body
    without = body[: chapter.start] + body[chapter.end :]
    return _spliced(body, chapter.text, chapter.end, text) if text or _chapter(without, title) else without


def with_other(body: str, text: str) -> str:
    """The body with ``text`` in place of ``other_text``: in the same places if it has the same headings."""
    old, new = _others(body), _chapters(text)
    if [chapter.title for chapter in old] == [chapter.title for chapter in new]:
        for was, chapter in zip(reversed(old), reversed(new), strict=True):
            body = _spliced(body, was.start, was.end, text[chapter.start : chapter.end].strip())
        return body
    kept = [body[chapter.start : chapter.end] for chapter in _chapters(body) if chapter not in old]
    preamble, rest = text[: new[0].end], text[new[0].end :]
    return _joined([preamble, *kept, rest])


@lru_cache(maxsize=1)
def _chapters(body: str) -> tuple[_Chapter, ...]:
    """The body cut at its H2; the first one, before any H2, is always there. Kept as sections are."""
    chapters: list[_Chapter] = []
    start = 0
    for section in parse_sections(body):
        if section.level == 3:
            last = chapters[-1]
            chapters[-1] = _Chapter(last.title, last.start, last.text, section.end)
        else:
            chapters.append(_Chapter(section.title, start, section.start, section.end))
        start = section.end
    return tuple(chapters)


def _chapter(body: str, title: str) -> _Chapter | None:
    return next((chapter for chapter in _chapters(body) if chapter.title == title), None)


def _others(body: str) -> list[_Chapter]:
    """The chapters that have no name of their own among SECTIONS; the first one, before any H2, always."""
    seen: set[str] = set()
    others = []
    for chapter in _chapters(body):
        if chapter.title not in SECTIONS or chapter.title in seen:
            others.append(chapter)
        seen.add(chapter.title)
    return others


def _script(body: str, channel: str | None) -> Section | None:
    return next((section for name, section in script_sections(body) if name == channel), None)


def _with_new(body: str, title: str, text: str) -> str:
    """The body with one more chapter, before the first that comes later in SECTIONS or isn't among them."""
    later = SECTIONS[SECTIONS.index(title) + 1 :]
    place = next((c.start for c in _chapters(body) if c.title and (c.title in later or c.title not in SECTIONS)), None)
    return _inserted(body, len(body) if place is None else place, f"## {title}\n{text}")


def _inserted(body: str, place: int, text: str) -> str:
    return _joined([body[:place], f"{text}\n", body[place:]])


def _joined(pieces: Sequence[str]) -> str:
    """The pieces, each beginning on a line of its own; the last line is closed."""
    return "".join(piece if piece.endswith("\n") else f"{piece}\n" for piece in pieces if piece)


def _spliced(body: str, start: int, end: int, text: str) -> str:
    """``body[start:end]`` replaced by ``text``, with the white space that was around it."""
    old = body[start:end]
    if not old.strip():
        return f"{body[:start]}\n{text}\n{body[end:]}" if start else _joined([text, body[end:]])
    before = old[: len(old) - len(old.lstrip())]
    return body[:start] + before + text + old[len(old.rstrip()) :] + body[end:]
