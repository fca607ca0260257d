"""What became of an article that is no longer served: archived, still a draft, or deleted; by whom and when."""

from __future__ import annotations

from dataclasses import dataclass

from kb.editing.writing import Writing
from kb.errors import ArticleNotFound
from kb.model import Caller, Right
from kb.ports.history import History, Revision
from kb.rules.access import has, may


@dataclass(frozen=True, slots=True)
class Fate:
    """``state``: archived, draft or deleted. ``change``: what made it so, as far as that is known; of a deleted one
    its number is what ``undo`` takes back.
    """

    article_id: str
    title: str
    owner: str | None
    state: str
    change: Revision | None


class Fates:
    """For those who may read what is internal; to all others, what is not served does not exist."""

    def __init__(self, writing: Writing, history: History) -> None:
        self._writing, self._history = writing, history

    def of(self, caller: Caller, article_id: str) -> Fate:
        """Raises ArticleNotFound for an id that is served, unknown, or none of the caller's business."""
        if not has(caller, Right.READ_INTERNAL):
            raise ArticleNotFound(article_id)
        record = self._writing.catalog.find(article_id)
        if record is None:
            return self._of_deleted(article_id)
        article = record.article
        if article.status == "published" or (article.status == "draft" and not may(caller, Right.EDIT, article.owner)):
            raise ArticleNotFound(article_id)
        rows = self._history.revisions([article.id])
        action = "archive" if article.status == "archived" else "create"
        change = next((row for row in rows if row.edit.action == action), rows[0] if rows else None)
        return Fate(article.id, article.title, article.owner, article.status, change)

    def _of_deleted(self, article_id: str) -> Fate:
        rows = self._history.revisions([article_id])
        last = next((row for row in rows if not row.removed), None)
        if last is None or not rows[0].removed:
            raise ArticleNotFound(article_id)
        article = self._writing.judged(last.path, (self._history.source(last.revision) or "").encode()).article
        title, owner = (article.title, article.owner) if article else (article_id, None)
        return Fate(article_id, title, owner, "deleted", rows[0])
