"""The JSON documents of what is checked before saving: their shapes, as in ``kb.shapes``, and what fills them."""

from __future__ import annotations

from typing import Annotated, TypedDict

from kb.checking.checker import Checked
from kb.checking.question_trials import QuestionTrial
from kb.checking.standing_facts import StandingFact
from kb.contracts import article_url
from kb.shapes import Count

Severity = Annotated[str, ("enum", ("error", "warning"))]
Likeness = Annotated[str, ("enum", ("same", "near"))]
FactKind = Annotated[str, ("enum", ("quantity", "date", "phone", "url"))]


class FieldFinding(TypedDict):
    """What is wrong in an unsaved article; ``field``: a key of the front matter, ``script:``, ``script:微信``,
    ``section:处理步骤``, ``other`` (elsewhere in the body) or ``source`` (the file as a whole).
    """

    field: str
    line: Count
    severity: Severity
    message: str


class Duplicate(TypedDict):
    """``question``, of the unsaved article, asks the same as ``wording``, of the article ``id``."""

    question: str
    id: str
    title: str
    wording: str
    kind: Likeness


class FactPlace(TypedDict):
    """Where a value stands: characters ``start`` to ``end`` of ``text``; ``draft``: in one that isn't published."""

    id: str
    title: str
    draft: bool
    where: str
    text: str
    start: Count
    end: Count


class ChangedFact(TypedDict):
    """``old`` became ``new`` (null: nothing took its place); ``articles``: how many still say ``old``, ``places`` the
    likeliest of them.
    """

    kind: FactKind
    old: str
    new: str | None
    articles: Count
    places: list[FactPlace]


class ScriptLength(TypedDict):
    """``channel`` null: for all without a wording of their own; ``limit`` null: read out, so none."""

    channel: str | None
    characters: Count
    limit: Count | None


class Check(TypedDict):
    """What can be said against an unsaved article. ``valid``: it could be saved."""

    valid: bool
    problems: list[FieldFinding]
    duplicates: list[Duplicate]
    changed_facts: list[ChangedFact]
    scripts: list[ScriptLength]


class TrialHit(TypedDict):
    """One of the first hits."""

    id: str
    title: str
    url: str
    score: float


class Trial(TypedDict):
    """Whether ``query`` would find the unsaved article: its ``rank``, null when it is not among the best 50.

    ``missing``: words that it lacks; ``why`` it is not first, and what helps; ``note``: what the search did otherwise.
    """

    query: str
    rank: Count | None
    total: Count
    score: float | None
    missing: list[str]
    why: str
    note: str | None
    hits: list[TrialHit]


def check_document(checked: Checked) -> Check:
    """``check``"""
    return {
        "valid": not any(finding.severity == "error" for finding in checked.findings),
        "problems": [
            {"field": f.field, "line": f.line, "severity": f.severity, "message": f.message} for f in checked.findings
        ],
        "duplicates": [
            {"question": d.text, "id": d.article_id, "title": d.title, "wording": d.wording, "kind": d.kind}
            for d in checked.duplicates
        ],
        "changed_facts": [_changed_fact(standing) for standing in checked.standing],
        "scripts": [{"channel": s.channel, "characters": s.characters, "limit": s.limit} for s in checked.scripts],
    }


def _changed_fact(standing: StandingFact) -> ChangedFact:
    change = standing.change
    return {
        "kind": change.fact.kind,
        "old": change.written,
        "new": change.now,
        "articles": standing.articles,
        "places": [
            {
                "id": place.article_id,
                "title": place.title,
                "draft": place.is_draft,
                "where": place.where,
                "text": place.sentence,
                "start": place.start,
                "end": place.end,
            }
            for place in standing.places
        ],
    }


def trial_document(trial: QuestionTrial) -> Trial:
    """``trial``"""
    return {
        "query": trial.query,
        "rank": trial.rank,
        "total": trial.total,
        "score": trial.score,
        "missing": list(trial.missing),
        "why": trial.advice,
        "note": trial.note,
        "hits": [
            {
                "id": hit.record.article.id,
                "title": hit.record.article.title,
                "url": article_url(hit.record.article.id),
                "score": hit.score,
            }
            for hit in trial.hits
        ],
    }
