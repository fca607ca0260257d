"""What the history of an article tells a reviewer: since when its verification stands, and what was changed since.

The text that was verified is the oldest that has the present ``verified`` and ``verified_by``: a later one with the
same was edited without a new look at it, also when a verification was taken back and the former one holds again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from kb.editing.versions import document_of
from kb.ports.findings import Change
from kb.ports.history import Revision
from kb.rules.changed_facts import changed_facts
from kb.rules.document_parts import Document

#: Fields that tell customers and agents nothing: who changes them has not changed what was verified.
_TELLS_NOTHING = frozenset(
    [
        *("id", "former_ids", "status", "created", "updated", "verified", "verified_by", "review_every"),
        *("owner", "priority", "tags", "weight", "pinned"),
    ]
)
#: so many changes are worth telling
_MOST_CHANGES = 20
_MOST_FACTS = 5


@dataclass(frozen=True, slots=True)
class Past:
    """See the fields of the same names of ``kb.ports.findings.Reading``."""

    vouched_at: datetime | None = None
    changes: tuple[Change, ...] = ()
    changed_since: int = 0


@dataclass(frozen=True, slots=True)
class _Version:
    """A revision, taken apart."""

    revision: Revision
    document: Document

    @property
    def verification(self) -> tuple[object, object]:
        return self.document.fields.get("verified"), self.document.fields.get("verified_by")

    @property
    def said(self) -> tuple[object, str]:
        """All that customers and agents get to know."""
        fields = {name: value for name, value in self.document.fields.items() if name not in _TELLS_NOTHING}
        return fields, self.document.body.strip()


def past_of(texts: Sequence[tuple[Revision, str]], is_policy: bool) -> Past:
    """What all ``texts`` of an article, the oldest first, tell; of policies also which facts were changed."""
    if len(texts) < 2:
        return Past(texts[0][0].edit.at if texts else None)
    versions = [_Version(revision, document_of(source)) for revision, source in texts]
    now = versions[-1]
    vouched = next(version for version in versions if version.verification == now.verification)
    changed = [(was, then) for was, then in pairwise(versions) if was.said != then.said][-_MOST_CHANGES:]
    later = [then for _, then in changed if then.revision.number > vouched.revision.number]
    return Past(
        vouched_at=vouched.revision.edit.at,
        changes=tuple(_change(was, then, is_policy) for was, then in changed),
        changed_since=0 if now.said == vouched.said else len(later),
    )


def _change(was: _Version, then: _Version, is_policy: bool) -> Change:
    edit = then.revision.edit
    facts = tuple(_facts(was.document.body, then.document.body))[:_MOST_FACTS] if is_policy else ()
    return Change(edit.at, edit.author, edit.origin, edit.note, facts)


def _facts(old: str, new: str) -> Iterator[str]:
    for change in changed_facts(old, new):
        yield f"{change.written} → {change.now or '（删去）'}"
