"""Two people edited the same article: their edits in one, and what contradicts (three-way merge).

Fields are merged one by one, lists item by item, the body line by line (diff3, Khanna, Kunal and Pierce 2007). Where
both changed the same, the merged version has ``mine`` and a Conflict has all three: nothing that anybody wrote is lost.
"""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from kb.rules.document_parts import Document, FieldValue, field_label, section_label
from kb.text.sections import parse_sections


@dataclass(frozen=True, slots=True)
class Conflict:
    """What both changed, each in another way. ``place`` in Chinese; ``field`` is ``""`` for the body.

    The texts are None where a field is missing. Those of the body are whole lines.
    """

    place: str
    field: str
    base: FieldValue | None
    mine: FieldValue | None
    theirs: FieldValue | None


@dataclass(frozen=True, slots=True)
class Merged:
    """``document`` has all edits; where there is a conflict, mine."""

    document: Document
    conflicts: tuple[Conflict, ...]


def merge(base: Document, mine: Document, theirs: Document) -> Merged:
    """Both edits of ``base`` in one."""
    conflicts: list[Conflict] = []
    fields: dict[str, FieldValue] = {}
    for name in dict.fromkeys((*theirs.fields, *mine.fields, *base.fields)):
        versions = base.fields.get(name), mine.fields.get(name), theirs.fields.get(name)
        value, agreed = _merged_field(*versions)
        if value is not None:
            fields[name] = value
        if not agreed:
            conflicts.append(Conflict(field_label(name), name, *versions))
    body, in_body = merge_bodies(base.body, mine.body, theirs.body)
    return Merged(Document(fields, body), (*conflicts, *in_body))


def _merged_field(
    base: FieldValue | None, mine: FieldValue | None, theirs: FieldValue | None
) -> tuple[FieldValue | None, bool]:
    """The value, and whether both agree with it."""
    if mine in (base, theirs):
        return theirs, True
    if theirs == base:
        return mine, True
    if isinstance(mine, str) or isinstance(theirs, str) or isinstance(base, str):
        return mine, False
    return _merged_items(base or (), mine or (), theirs or ()) or None, True


def _merged_items(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...]:
    """Mine in my order without what they took out, then what they added, each behind the item it follows there."""
    merged = [item for item in mine if item in theirs or item not in base]
    for place, item in enumerate(theirs):
        if item not in base and item not in merged:
            before = next((merged.index(other) + 1 for other in reversed(theirs[:place]) if other in merged), 0)
            merged.insert(before, item)
    return tuple(merged)


def merge_bodies(base: str, mine: str, theirs: str) -> tuple[str, tuple[Conflict, ...]]:
    """The lines of both edits, and where they contradict."""
    lines = [text.splitlines(keepends=True) for text in (_closed(base), _closed(mine), _closed(theirs))]
    merged: list[str] = []
    conflicts: list[tuple[int, Conflict]] = []  # each with the number of lines before it
    for was, ours, others in _chunks(*lines):
        if ours in (was, others):
            merged += others
        elif others == was:
            merged += ours
        else:
            conflicts.append((len(merged), Conflict("", "", "".join(was), "".join(ours), "".join(others))))
            merged += ours
    places = _places(merged, [before for before, _ in conflicts])
    found = zip(places, conflicts, strict=True)
    return "".join(merged), tuple(replace(conflict, place=place) for place, (_, conflict) in found)


def _closed(text: str) -> str:
    """The last line ends like all others: that one wrote on behind it is no change of it."""
    return text if not text or text.endswith("\n") else f"{text}\n"


def _chunks(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[Sequence[str], Sequence[str], Sequence[str]]]:
    """Stretches of the three versions that belong together: what all have, and what stands between."""
    i = j = k = 0
    for start, in_mine, in_theirs, length in _common(base, mine, theirs):
        if start > i or in_mine > j or in_theirs > k:
            yield base[i:start], mine[j:in_mine], theirs[k:in_theirs]
        i, j, k = start + length, in_mine + length, in_theirs + length
        if length:
            yield base[start:i], mine[in_mine:j], theirs[in_theirs:k]


def _common(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """(start in base, in mine, in theirs, length) of what is in all three in order; at last the ends, of length 0."""
    ours = difflib.SequenceMatcher(None, base, mine).get_matching_blocks()
    others = difflib.SequenceMatcher(None, base, theirs).get_matching_blocks()
    a = b = 0
    while a < len(ours) and b < len(others):
        one, other = ours[a], others[b]
        start, end = max(one.a, other.a), min(one.a + one.size, other.a + other.size)
        if start < end:
            yield start, one.b + start - one.a, other.b + start - other.a, end - start
        if one.a + one.size < other.a + other.size:
            a += 1
        else:
            b += 1
    yield len(base), len(mine), len(theirs), 0


def _places(lines: Sequence[str], numbers: Sequence[int]) -> Iterator[str]:
    """The labels of the sections that what stands before each of these lines (from 0) is in."""
    offsets = list(accumulate(map(len, lines), initial=0))
    sections = parse_sections("".join(lines))
    starts, labels, chapter = [section.start for section in sections], [], ""
    for section in sections:
        chapter = section.title if section.level < 3 else chapter
        labels.append(section_label(chapter, section.title, section.level))
    return (labels[bisect_right(starts, offsets[number]) - 1] for number in numbers)
