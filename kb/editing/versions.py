"""Versions of an article file: taken apart for comparing, and two edits of one put together again."""

from __future__ import annotations

from dataclasses import dataclass

from kb.content.findings import Findings
from kb.content.front_matter import Entry, Scalar, read_front_matter
from kb.content.writer import edit_front_matter, replace_body
from kb.rules.document_parts import Document, FieldValue
from kb.rules.merging import Conflict, merge


@dataclass(frozen=True, slots=True)
class MergedSource:
    """``source`` has all edits; where there is a conflict, mine."""

    source: str
    conflicts: tuple[Conflict, ...]


def document_of(source: str) -> Document:
    """The fields and the body of a file; one whose front matter can't be read is all body."""
    front = read_front_matter(source, Findings(""))
    if front is None:
        return Document({}, source.replace("\r\n", "\n"))
    values = {name: _value(entry) for name, entry in front.entries.items()}
    return Document({name: value for name, value in values.items() if value}, front.body)


def merge_sources(base: str, mine: str, theirs: str) -> MergedSource:
    """Both edits of ``base`` in one file, which is written as ``theirs`` is: comments, quoting, line ends."""
    documents = [document_of(source) for source in (base, mine, theirs)]
    if not all(document.fields for document in documents):
        merged = merge(*(Document({}, source) for source in (base, mine, theirs)))
        return MergedSource(merged.document.body, merged.conflicts)
    merged = merge(*documents)
    now = documents[2].fields
    names = dict.fromkeys((*now, *merged.document.fields))
    changes = {name: merged.document.fields.get(name) for name in names}
    edited = edit_front_matter(theirs, {name: value for name, value in changes.items() if value != now.get(name)})
    return MergedSource(replace_body(edited, merged.document.body), merged.conflicts)


def _value(entry: Entry) -> FieldValue:
    if isinstance(entry.value, Scalar):
        return (entry.value.text or "").strip()
    return tuple(item.text.strip() for item in entry.value if item.text)
