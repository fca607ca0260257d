"""Changing articles, in the name of the caller; rights are checked by the use cases, article by article.

What was done is written into the audit log here, without any of the text: that is in the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date

from kb import contracts
from kb.contracts import editing as editing_contracts
from kb.desk.gaps import GapsDesk
from kb.desk.verdicts import VerdictDesk
from kb.editing.bulk_edits import FieldChange, Outcome
from kb.editing.editor import EditState
from kb.editing.history import Then
from kb.editing.writing import Place
from kb.errors import KbError
from kb.model import ArticleRecord, Caller, Right, Verdict
from kb.ports.catalog import FileVersion
from kb.ports.history import Draft, Revision
from kb.rules.access import may
from kb.shapes.editing import ArticleThen
from kb.system import System
from kb.text.render import render_html


class EditingDesk:
    """Raises LoginRequired, AccessDenied, ArticleNotFound, EditConflict, InvalidArticle, EditError and SaveFailed."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller
        self._parts = system.editing

    def _done(self, action: str, article_id: str, detail: Mapping[str, object] | None = None) -> None:
        self._system.access.audit.record(self._caller, f"article.{action}", article_id, detail)

    # --- drafts and publishing: see kb.editing.editor

    def open(self, article_id: str) -> EditState:
        """The file as it is and the next draft."""
        return self._parts.editor.open(self._caller, article_id)

    def draft(self, article_id: str) -> Draft | None:
        """The next version of an article, if there is one and it is the caller's business."""
        return self._parts.editor.draft(self._caller, article_id)

    def drafts(self) -> list[Draft]:
        """All drafts that are the caller's business, the latest first."""
        return self._parts.editor.drafts(self._caller)

    def save_draft(
        self,
        article_id: str,
        source: str,
        expected: str,
        base: str | None = None,
        note: str = "",
        place: Place | None = None,
    ) -> Draft:
        """Keep ``source`` as the next version."""
        draft = self._parts.editor.save_draft(self._caller, article_id, source, expected, base, note, place)
        self._done("draft", draft.article_id)
        return draft

    def discard_draft(self, article_id: str) -> None:
        """Forget the next version."""
        self._parts.editor.discard_draft(self._caller, article_id)
        self._done("discard", article_id)

    def publish(self, article_id: str, source: str, expected: str, note: str = "", verify: bool = False) -> FileVersion:
        """Let the article say ``source``; with ``verify`` a reviewer confirms it at once."""
        version = self._parts.editor.publish(self._caller, article_id, source, expected, note, verify)
        if verify and version.revision == expected and self._reviews(version):  # nothing to save, but to say
            VerdictDesk(self._system, self._caller).give(article_id, Verdict.CONFIRM, note, expected)
        self._done("publish", article_id)
        self._settle_gaps(article_id)
        return version

    def create(
        self, article_id: str, source: str, place: Place | None = None, note: str = "", verify: bool = False
    ) -> FileVersion:
        """Publish a new article; ``verify`` as in ``publish``."""
        version = self._parts.editor.create(self._caller, article_id, source, place, note, verify)
        self._done("create", article_id)
        self._settle_gaps(article_id)
        return version

    def _reviews(self, version: FileVersion) -> bool:
        return version.article is not None and may(self._caller, Right.REVIEW, version.article.owner)

    def _settle_gaps(self, article_id: str) -> None:
        """What is published stays so, whatever becomes of the list of what is missing."""
        with suppress(KbError):
            GapsDesk(self._system, self._caller).settle(article_id)

    def text_of(self, revision: str) -> str | None:
        """A text that was seen, for merging after a conflict."""
        return self._parts.editor.text_of(self._caller, revision)

    # --- history: see kb.editing.history

    def revisions(self, article_id: str) -> list[Revision]:
        """Every content that an article had, the newest first."""
        return self._parts.history.revisions(self._caller, article_id)

    def revision_source(self, article_id: str, number: int) -> str:
        """The text of one of them."""
        return self._parts.history.source(self._caller, article_id, number)

    def as_of(self, article_id: str, day: date) -> Then:
        """What was in force at the end of a day."""
        history = self._parts.history
        return history.as_of(self._caller, article_id, history.end_of(day))

    def as_of_document(self, article_id: str, day: date) -> ArticleThen:
        """The contract's ``article`` as it was, judged by that day."""
        then = self.as_of(article_id, day)
        record = ArticleRecord(then.article, then.revision.path, then.revision.revision)
        freshness = self._system.snapshots.freshness(record, day)
        html = render_html(then.article.body, then.article.scenario_path)
        document = contracts.article_document(record, freshness, then.source, html, [])
        return {**document, "as_of": editing_contracts.as_of_document(then)}

    def restore(self, article_id: str, number: int, note: str = "") -> FileVersion:
        """Publish an earlier text as a new revision."""
        version = self._parts.history.restore(self._caller, article_id, number, note)
        self._done("restore", article_id, {"number": number})
        return version

    def undo(self, article_id: str, number: int, note: str = "") -> FileVersion | None:
        """Take back the latest change."""
        review = self._parts.verdicts.taken_back(self._caller, article_id, number)
        version = self._parts.history.undo(self._caller, article_id, number, note, review)
        self._done("undo", article_id, {"number": number})
        return version

    # --- place, id, status: see kb.editing.moving

    def move(self, article_id: str, place: Place, expected: str | None = None, note: str = "") -> FileVersion:
        """Into another scenario."""
        version = self._parts.moving.move(self._caller, article_id, place, expected, note)
        self._done("move", article_id, {"path": version.path})
        return version

    def rename(self, article_id: str, new_id: str, expected: str | None = None, note: str = "") -> FileVersion:
        """Give it another id."""
        version = self._parts.moving.rename(self._caller, article_id, new_id, expected, note)
        self._done("rename", article_id, {"new_id": new_id})
        return version

    def archive(self, article_id: str, expected: str | None = None, note: str = "") -> FileVersion:
        """Take it out of service."""
        version = self._parts.moving.set_status(self._caller, article_id, "archived", expected, note)
        self._done("archive", article_id)
        return version

    def unarchive(self, article_id: str, expected: str | None = None, note: str = "") -> FileVersion:
        """Take it back into service."""
        version = self._parts.moving.set_status(self._caller, article_id, "published", expected, note)
        self._done("unarchive", article_id)
        return version

    def delete(self, article_id: str, expected: str | None = None, note: str = "") -> Revision:
        """Remove it; ``undo`` with the number of the revision brings it back."""
        revision = self._parts.history.remove(self._caller, article_id, expected, note)
        self._done("delete", article_id)
        return revision

    # --- many at once: see kb.editing.bulk_edits

    def change_many(self, article_ids: Iterable[str], change: FieldChange, note: str = "") -> list[Outcome]:
        """Change a field of all of them."""
        outcomes = self._parts.bulk.change(self._caller, article_ids, change, note)
        self._done_to_many("change", outcomes, {"field": change.field})
        return outcomes

    def undo_many(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Take that back."""
        undone = self._parts.bulk.undo(self._caller, outcomes)
        self._done_to_many("undo", undone, {})
        return undone

    def _done_to_many(self, action: str, outcomes: Iterable[Outcome], detail: Mapping[str, object]) -> None:
        for outcome in outcomes:
            if not outcome.trouble and outcome.number is not None:
                self._done(action, outcome.article_id, detail)
