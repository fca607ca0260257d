"""The JSON documents about changing articles; see ``kb.contracts`` for the others."""

from __future__ import annotations

from collections.abc import Sequence

from kb import editing_shapes as shapes
from kb.contracts import problem_document
from kb.editing.bulk_edits import Outcome
from kb.editing.editor import EditState
from kb.editing.history import Then
from kb.model import Problem
from kb.ports.history import Draft, Revision
from kb.ports.store import FileVersion


def revision_document(row: Revision) -> shapes.Revision:
    """One content that an article had."""
    return {
        "number": row.number,
        "at": row.edit.at.isoformat(timespec="milliseconds"),
        "by": row.edit.author,
        "origin": row.edit.origin,
        "action": row.edit.action,
        "note": row.edit.note,
        "path": row.path,
        "revision": row.revision,
    }


def revisions_document(article_id: str, rows: Sequence[Revision]) -> shapes.Revisions:
    """All of them, the newest first."""
    return {"id": article_id, "items": [revision_document(row) for row in rows]}


def as_of_document(then: Then) -> shapes.AsOf:
    """Where an earlier content comes from."""
    return {
        "day": then.moment.date().isoformat(),
        "inferred": then.inferred,
        "revision": revision_document(then.revision),
    }


def editable_document(state: EditState) -> shapes.Editable:
    """What an editor opens."""
    return {
        "id": state.article_id,
        "path": state.path,
        "source": state.source,
        "revision": state.revision,
        "draft": _draft(state.draft) if state.draft else None,
        "problems": [problem_document(problem) for problem in state.problems],
    }


def saved_document(version: FileVersion) -> shapes.Saved:
    """What was published."""
    article_id = version.article.id if version.article else ""
    return _saved(article_id, version.path, version.revision, False, version.problems)


def draft_document(draft: Draft) -> shapes.Saved:
    """What was kept as a draft."""
    return _saved(draft.article_id, draft.path, draft.revision, True, ())


def bulk_document(outcomes: Sequence[Outcome]) -> shapes.BulkEdit:
    """What became of each article."""
    return {"items": [{"id": done.article_id, "number": done.number, "trouble": done.trouble} for done in outcomes]}


def _saved(article_id: str, path: str, revision: str, is_draft: bool, problems: Sequence[Problem]) -> shapes.Saved:
    found = [problem_document(problem) for problem in problems]
    return {"id": article_id, "path": path, "revision": revision, "draft": is_draft, "problems": found}


def _draft(draft: Draft) -> shapes.Draft:
    return {
        "source": draft.source,
        "revision": draft.revision,
        "base": draft.base,
        "by": draft.author,
        "at": draft.at.isoformat(timespec="milliseconds"),
        "note": draft.note,
    }
