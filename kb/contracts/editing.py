"""The JSON documents about changing articles and what leads to that; see ``kb.contracts`` for the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from kb.checking.dictionary_preview import Understood
from kb.content.dictionary_files import DictionaryFile
from kb.contracts import problem_document
from kb.editing.bulk_edits import Outcome
from kb.editing.dictionary_editor import Preview
from kb.editing.editor import EditState
from kb.editing.history import Then
from kb.model import Problem
from kb.ports.catalog import FileVersion
from kb.ports.history import Draft, Revision
from kb.ports.store import GapVerdict
from kb.rules.gaps import KnowledgeGap
from kb.shapes import editing as shapes


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
    article = version.article
    article_id, verified = (article.id, article.verified) if article else ("", None)
    return _saved(article_id, version.path, version.revision, False, version.problems, verified)


def draft_document(draft: Draft) -> shapes.Saved:
    """What was kept as a draft."""
    return _saved(draft.article_id, draft.path, draft.revision, True, ())


def bulk_document(outcomes: Sequence[Outcome]) -> shapes.BulkEdit:
    """What became of each article."""
    return {"items": [{"id": done.article_id, "number": done.number, "trouble": done.trouble} for done in outcomes]}


def gaps_document(gaps: Iterable[KnowledgeGap]) -> shapes.Gaps:
    """``gaps``; who reported one is nobody's business but the statistics'."""
    return {
        "items": [
            {
                "query": gap.title,
                "queries": list(gap.wordings),
                "reports": gap.reports,
                "searches": gap.searches,
                "last": _moment(gap.last),
                "channels": list(gap.common("channel")),
                "products": list(gap.common("product")),
                "notes": list(gap.common("note")),
                "open": gap.is_open,
                "verdict": _verdict(gap.verdict) if gap.verdict else None,
            }
            for gap in gaps
        ]
    }


def _verdict(verdict: GapVerdict) -> shapes.GapVerdict:
    return {"id": verdict.article_id, "by": verdict.user, "at": _moment(verdict.at)}


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def dictionaries_document(files: Iterable[DictionaryFile]) -> shapes.Dictionaries:
    """The dictionaries as they are."""
    return {"items": [{"name": f.name, "text": f.text, "revision": f.revision, "trouble": f.trouble} for f in files]}


def preview_document(preview: Preview) -> shapes.DictionaryPreview:
    """What a change of the dictionaries would do."""
    return {
        "asked": preview.asked,
        "changes": [
            {
                "query": change.query,
                "times": preview.times[change.query],
                "before": _understood(change.before),
                "after": _understood(change.after),
            }
            for change in preview.changes
        ],
        "problems": [problem_document(problem) for problem in preview.problems],
    }


def _understood(understood: Understood) -> shapes.Understood:
    return {
        "words": list(understood.words),
        "readings": list(understood.readings),
        "hits": [article_id for article_id, _ in understood.hits],
    }


def _saved(
    article_id: str,
    path: str,
    revision: str,
    is_draft: bool,
    problems: Sequence[Problem],
    verified: date | None = None,
) -> shapes.Saved:
    return {
        "id": article_id,
        "path": path,
        "revision": revision,
        "draft": is_draft,
        "verified": verified.isoformat() if verified else None,
        "problems": [problem_document(problem) for problem in problems],
    }


def _draft(draft: Draft) -> shapes.Draft:
    return {
        "source": draft.source,
        "revision": draft.revision,
        "base": draft.base,
        "by": draft.author,
        "at": draft.at.isoformat(timespec="milliseconds"),
        "note": draft.note,
    }
