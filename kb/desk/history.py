"""Reading what articles said before, and what became of those that are gone; changing them is ``kb.desk.editing``'s."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kb.desk.editing import EditingDesk
from kb.editing.fates import Fate
from kb.editing.history import Then
from kb.editing.versions import document_of
from kb.model import ArticleRecord, Caller, Freshness, Right
from kb.ports.history import Revision
from kb.rules.access import may, require
from kb.rules.document_parts import Document
from kb.rules.side_by_side import Comparison, compare
from kb.system import System

#: fields that say when somebody edited or reviewed, nothing of the content
_STAMPS = ("updated", "verified", "verified_by")


@dataclass(frozen=True, slots=True)
class Unserved:
    """An article that nobody is served: an id, what it is called, its last change as far as that is known, and why."""

    article_id: str
    title: str
    place: str
    at: datetime | None = None
    author: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SinceVerified:
    """The revision that was last verified, and what differs today, the stamps of edits and reviews apart."""

    verified: Revision
    comparison: Comparison


class HistoryDesk:
    """Raises LoginRequired, AccessDenied and ArticleNotFound."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller
        self._editing = EditingDesk(system, caller)

    def revisions(self, article_id: str) -> list[Revision]:
        """Every content that an article had, the newest first."""
        return self._editing.revisions(article_id)

    def title(self, article_id: str, rows: list[Revision]) -> str:
        """What the article of these revisions is, or was, called."""
        source = next((self._editing.revision_source(article_id, row.number) for row in rows if not row.removed), "")
        return _title(source, article_id)

    def comparison(self, article_id: str, old: int, new: int) -> Comparison:
        """What differs between two revisions, by number."""
        before, after = (document_of(self._editing.revision_source(article_id, number)) for number in (old, new))
        return compare(before, after)

    def since_verified(self, article_id: str) -> SinceVerified | None:
        """What became of an article since its last review; None when it had none, or nobody kept what it said then."""
        found = self._system.editing.history.as_verified(self._caller, article_id)
        if found is None:
            return None
        verified, before = found
        return SinceVerified(verified, self._difference(before, self._editing.open(article_id).source))

    def changed_since(self, article_id: str, revision: str) -> Comparison | None:
        """What others changed since somebody saw the file with this SHA-256; None when nobody kept that."""
        before = self._editing.text_of(revision)
        return self._difference(before, self._editing.open(article_id).source) if before else None

    def _difference(self, old: str, new: str) -> Comparison:
        return compare(*(_without_stamps(document_of(source)) for source in (old, new)))

    def then(self, article_id: str, day: date) -> tuple[Then, ArticleRecord, Freshness]:
        """What was in force at the end of a day, judged by that day."""
        then = self._editing.as_of(article_id, day)
        record = ArticleRecord(then.article, then.revision.path, then.revision.revision)
        return then, record, self._system.snapshots.freshness(record, day)

    def archived(self) -> list[Unserved]:
        """The archived articles that are the caller's business."""
        return [self._unserved(record) for record in self._of_status("archived")]

    def drafts(self) -> list[Unserved]:
        """What is being written: next versions, the latest first, then articles whose file says that it is a draft."""
        drafts, library = self._editing.drafts(), self._system.snapshots.current().library
        begun = {draft.article_id for draft in drafts}
        written = [
            Unserved(
                d.article_id,
                _title(d.source, d.article_id),
                library.place_title(d.path.rpartition("/")[0]),
                d.at,
                d.author,
                d.note,
            )
            for d in drafts
        ]
        rest = (record for record in self._of_status("draft") if record.article.id not in begun)
        return [*written, *map(self._unserved, rest)]

    def _of_status(self, status: str) -> list[ArticleRecord]:
        require(self._caller, Right.EDIT)
        records = (record for record in self._system.catalog.records() if record.article.status == status)
        return [record for record in records if may(self._caller, Right.EDIT, record.article.owner)]

    def _unserved(self, record: ArticleRecord) -> Unserved:
        article, change = record.article, self.fate(record.article.id).change
        place = f"{article.product.title} › {article.scenario.title}"
        at, author = (change.edit.at, change.edit.author) if change else (None, "")
        return Unserved(article.id, article.title, place, at, author)

    def fate(self, article_id: str) -> Fate:
        """What became of an article that is not served."""
        return self._system.editing.fates.of(self._caller, article_id)


def _without_stamps(document: Document) -> Document:
    kept = {name: value for name, value in document.fields.items() if name not in _STAMPS}
    return Document(kept, document.body)


def _title(source: str, article_id: str) -> str:
    return str(document_of(source).fields.get("title") or article_id)
