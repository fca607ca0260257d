"""Reading what articles said before, and what became of those that are gone; changing them is ``kb.desk.editing``'s."""

from __future__ import annotations

from datetime import date

from kb.desk.editing import EditingDesk
from kb.editing.fates import Fate
from kb.editing.history import Then
from kb.editing.versions import document_of
from kb.model import ArticleRecord, Caller, Freshness
from kb.ports.history import Revision
from kb.rules.side_by_side import Comparison, compare
from kb.system import System


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
        return str(document_of(source).fields.get("title", article_id))

    def comparison(self, article_id: str, old: int, new: int) -> Comparison:
        """What differs between two revisions, by number."""
        before, after = (document_of(self._editing.revision_source(article_id, number)) for number in (old, new))
        return compare(before, after)

    def then(self, article_id: str, day: date) -> tuple[Then, ArticleRecord, Freshness]:
        """What was in force at the end of a day, judged by that day."""
        then = self._editing.as_of(article_id, day)
        record = ArticleRecord(then.article, then.revision.path, then.revision.revision)
        return then, record, self._system.snapshots.freshness(record, day)

    def fate(self, article_id: str) -> Fate:
        """What became of an article that is not served."""
        return self._system.fates.of(self._caller, article_id)
