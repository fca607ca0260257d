"""Two versions of an article side by side, for people who don't read diffs.

Fields are compared one by one, the body section by section and paragraph by paragraph; within a paragraph that was
changed, the changed words are marked. What is the same is folded but for a line on each side.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from kb.rules.document_parts import Document, FieldValue, field_label, section_texts

Ranges = tuple[tuple[int, int], ...]

#: Paragraphs with so many per cent in common are two versions of one; with less, one went and another came.
_ALIKE = 40

#: Unchanged characters between two changes that are shorter than this are marked with them: 「退款」 between marks is
#: easier to read than single letters.
_GAP = 2

#: characters; longer paragraphs are shown as changed as a whole: nobody reads so many marks, and comparing takes long
_LONGEST = 4000

#: So many paragraphs further on, another version of one is looked for.
_NEAR = 20

#: Unchanged paragraphs that are shown beside a change.
_CONTEXT = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph in both versions; None where it is missing. ``old_marks`` and ``new_marks``: the changed ranges.

    ``folded`` > 0: so many unchanged paragraphs stand here instead, and there are no texts.
    """

    old: str | None = None
    new: str | None = None
    old_marks: Ranges = ()
    new_marks: Ranges = ()
    folded: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether the versions differ here."""
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class ChangedField:
    """One field: how it was and is. ``removed`` and ``added`` are the items of a list that make the difference; both
    are empty where only their order has changed, and for what is no list.
    """

    name: str
    label: str
    old: FieldValue | None
    new: FieldValue | None
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedSection:
    """One section, with its unchanged stretches folded. ``state``: ``changed``, ``added`` or ``removed``."""

    label: str
    state: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two versions: nothing else is listed."""

    fields: tuple[ChangedField, ...]
    sections: tuple[ChangedSection, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both versions say the same."""
        return not (self.fields or self.sections)


def compare(old: Document, new: Document) -> Comparison:
    """The differences, fields in the order of the newer version, then sections."""
    return Comparison(tuple(_fields(old, new)), tuple(_sections(old.body, new.body)))


def _fields(old: Document, new: Document) -> Iterator[ChangedField]:
    for name in dict.fromkeys((*new.fields, *old.fields)):
        was, now = old.fields.get(name), new.fields.get(name)
        if was != now:
            removed, added = _items(was, now)
            yield ChangedField(name, field_label(name), was, now, removed, added)


def _items(was: FieldValue | None, now: FieldValue | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The items that only one of two lists has."""
    if isinstance(was, str) or isinstance(now, str):
        return (), ()
    before, after = was or (), now or ()
    return tuple(i for i in before if i not in after), tuple(i for i in after if i not in before)


def _sections(old: str, new: str) -> Iterator[ChangedSection]:
    before, after = _named(old), _named(new)
    for label in _in_order(list(before), list(after)):
        was, now = before.get(label), after.get(label)
        if was != now:
            state = "added" if was is None else "removed" if now is None else "changed"
            yield ChangedSection(label, state, tuple(_folded(list(paragraph_rows(was or "", now or "")))))


def _named(body: str) -> dict[str, str]:
    """The sections by label; those of one name are joined."""
    found: dict[str, str] = {}
    for label, text in section_texts(body):
        found[label] = f"{found[label]}\n{text}" if label in found else text
    return found


def _in_order(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """All labels: those of the newer version, and each that is gone behind the one it followed."""
    labels = list(new)
    for place, label in enumerate(old):
        if label not in new:
            before = next((labels.index(other) + 1 for other in reversed(old[:place]) if other in labels), 0)
            labels.insert(before, label)
    return labels


def paragraph_rows(old: str, new: str) -> Iterator[Row]:
    """The paragraphs of two texts side by side."""
    before, after = _paragraphs(old), _paragraphs(new)
    for tag, i, i_end, j, j_end in difflib.SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            yield from (Row(text, text) for text in before[i:i_end])
        else:
            yield from _replaced(before[i:i_end], after[j:j_end])


def _paragraphs(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    """Versions of one paragraph stand side by side, in order; all others alone."""
    rest = 0
    for was in old:
        found = next((j for j in range(rest, min(rest + _NEAR, len(new))) if _are_alike(was, new[j])), None)
        if found is None:
            yield Row(old=was, old_marks=((0, len(was)),))
            continue
        yield from (Row(new=now, new_marks=((0, len(now)),)) for now in new[rest:found])
        yield _marked(was, new[found])
        rest = found + 1
    yield from (Row(new=now, new_marks=((0, len(now)),)) for now in new[rest:])


def _are_alike(one: str, other: str) -> bool:
    return fuzz.ratio(one[:_LONGEST], other[:_LONGEST], score_cutoff=_ALIKE) > 0


def _marked(old: str, new: str) -> Row:
    if max(len(old), len(new)) > _LONGEST:
        return Row(old, new, ((0, len(old)),), ((0, len(new)),))
    edits = [edit for edit in Levenshtein.opcodes(old, new) if edit.tag != "equal"]
    return Row(
        old,
        new,
        _merged([_whole_words(old, edit.src_start, edit.src_end) for edit in edits]),
        _merged([_whole_words(new, edit.dest_start, edit.dest_end) for edit in edits]),
    )


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The range grown to whole numbers and Latin words: 7 → 17 is not the change of a 1."""
    while 0 < start < len(text) and _is_run(text[start - 1]) and _is_run(text[start]):
        start -= 1
    while 0 < end < len(text) and _is_run(text[end - 1]) and _is_run(text[end]):
        end += 1
    return start, end


def _is_run(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char in ".,-")


def _merged(ranges: Sequence[tuple[int, int]]) -> Ranges:
    """Non-empty ranges, those with small gaps between them as one."""
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and start - merged[-1][1] <= _GAP:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return tuple((start, end) for start, end in merged if start < end)


def _folded(rows: Sequence[Row]) -> Iterator[Row]:
    """Unchanged rows become one that counts them, but for _CONTEXT on each side of a change."""
    near = {place + step for place, row in enumerate(rows) if row.is_changed for step in range(-_CONTEXT, _CONTEXT + 1)}
    hidden = 0
    for place, row in enumerate(rows):
        if place in near:
            if hidden:
                yield Row(folded=hidden)
            hidden = 0
            yield row
        else:
            hidden += 1
    if hidden:
        yield Row(folded=hidden)
