"""The JSON documents of the contract, the same for ``--json`` and for ``/api/v1``. Fields may be added, not renamed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from markupsafe import escape

from kb import shapes
from kb.model import (
    ArticleRecord,
    Caller,
    Classification,
    FacetCount,
    FaqPanel,
    Freshness,
    Hit,
    Problem,
    Recommendations,
    ScoreParts,
    SearchPage,
    Snippet,
    Suggestion,
)
from kb.rules.access import rights_of
from kb.usecases.browsing import ProductBranch, ScenarioBranch, Tree

if TYPE_CHECKING:  # it loads what ``kb --help`` shall not wait for
    from kb.usecases.learning import Proposal

#: what ``escape`` replaces
_SPECIAL = re.compile("[&<>'\"]")


def article_url(article_id: str) -> str:
    """The permalink of an article, relative to the service."""
    return f"/a/{article_id}"


def marked(snippet: Snippet) -> str:
    """A snippet as HTML: escaped text, matches in ``<mark>``."""
    text, pieces, done = snippet.text, [], 0
    in_html = escape if _SPECIAL.search(text) else str  # most texts have nothing to escape, and there are 20 on a page
    for start, end in snippet.marks:
        pieces += [in_html(text[done:start]), "<mark>", in_html(text[start:end]), "</mark>"]
        done = end
    return "".join([*pieces, in_html(text[done:])])


def search_document(page: SearchPage) -> shapes.Search:
    """``search``; snippets are HTML, see ``marked``."""
    return {
        "query": page.query,
        "total": page.total,
        "took_ms": page.took_ms,
        "generation": page.generation,
        "fallback": page.fallback,
        "did_you_mean": page.did_you_mean,
        "semantic": page.semantic,
        "semantic_trouble": page.semantic_trouble,
        "hits": [_hit(hit) for hit in page.hits],
        "facets": {
            "product": facet_counts(page.facets["product"]),
            "scenario": facet_counts(page.facets["scenario"]),
            "channel": facet_counts(page.facets["channel"]),
            "kind": facet_counts(page.facets["kind"]),
        },
    }


def facet_counts(counts: Iterable[FacetCount]) -> list[shapes.FacetCount]:
    """What a list can be narrowed down by."""
    return [{"value": facet.value, "count": facet.count, "key": facet.key} for facet in counts]


def _hit(hit: Hit) -> shapes.Hit:
    return {
        **_listed(hit.record, hit.freshness, hit.script),
        "score": hit.score,
        "parts": _parts(hit.parts),
        "title_html": marked(hit.title),
        "snippet": marked(hit.snippet),
        "matched": list(hit.matched),
        "matched_fields": list(hit.found),
        "by_meaning": hit.by_meaning,
    }


def _parts(parts: ScoreParts) -> shapes.ScoreParts:
    return {
        "words": round(parts.words, 4),
        "meaning": round(parts.meaning, 4),
        "learned": round(parts.learned, 4),
        "freshness": parts.freshness,
        "demand": round(parts.demand, 4),
    }


def _listed(record: ArticleRecord, freshness: Freshness, script: str) -> shapes.Listed:
    """What every list shows of an article."""
    article = record.article
    return {
        "id": article.id,
        "title": article.title,
        "product": article.product.title,
        "product_slug": article.product.slug,
        "scenario": article.scenario.title,
        "scenario_slug": article.scenario.slug,
        "kind": article.kind,
        "channels": list(article.channels),
        "owner": article.owner,
        "priority": article.priority,
        "updated": iso_day(article.updated),
        "verified": iso_day(article.verified),
        "freshness": freshness.state.value,
        "freshness_label": freshness.state.label,
        "outdated_by": record.outdated_by,
        "script": script,
        "url": article_url(article.id),
    }


def recommend_document(answers: Recommendations) -> shapes.Recommend:
    """``recommend``"""
    return {
        "items": [
            {
                "rank": rank,
                **_listed(item.hit.record, item.hit.freshness, item.hit.script),
                "sentence": item.sentence.text,
                "score": item.score,
            }
            for rank, item in enumerate(answers.items, 1)
        ],
        "sentences": [
            {"text": s.text, "message": s.message, "start": s.start, "end": s.end} for s in answers.sentences
        ],
        "note": answers.note,
        "semantic_trouble": answers.semantic_trouble,
        "took_ms": answers.took_ms,
        "generation": answers.generation,
    }


def classify_document(found: Classification) -> shapes.Classify:
    """``classify``"""
    return {
        "label": found.label,
        "product": found.product.title if found.product else None,
        "product_slug": found.product.slug if found.product else None,
        "scenario": found.scenario.title if found.scenario else None,
        "scenario_slug": found.scenario.slug if found.scenario else None,
        "confidence": round(found.confidence, 4),
        "uncertain": found.scenario is None,
        "candidates": [
            {
                "product": candidate.product.title,
                "product_slug": candidate.product.slug,
                "scenario": candidate.scenario.title,
                "scenario_slug": candidate.scenario.slug,
                "confidence": round(candidate.confidence, 4),
            }
            for candidate in found.candidates
        ],
        "took_ms": found.took_ms,
        "generation": found.generation,
    }


def browse_document(tree: Tree, with_articles: bool) -> shapes.Browse:
    """``browse``; the articles of a scenario only ``with_articles``."""
    return {
        "products": [
            {**_branch(product), "scenarios": [_scenario(scenario, with_articles) for scenario in product.scenarios]}
            for product in tree
        ]
    }


def _scenario(scenario: ScenarioBranch, with_articles: bool) -> shapes.Scenario:
    articles = [_listed(r, freshness, r.article.script_for()) for r, freshness in scenario.articles]
    return {**_branch(scenario), "articles": articles if with_articles else None}


def _branch(branch: ProductBranch | ScenarioBranch) -> shapes.Branch:
    return {
        "slug": branch.folder.slug,
        "title": branch.folder.title,
        "description": branch.folder.description,
        "count": branch.count,
        "stale": branch.stale,
    }


def suggest_document(query: str, suggestions: Iterable[Suggestion]) -> shapes.Suggest:
    """``suggest``"""
    return {
        "query": query,
        "suggestions": [
            {
                "text": row.text,
                "kind": row.kind,
                "id": row.id,
                "product": row.product,
                "scenario": row.scenario,
                "freshness": row.freshness,
                "marks": [list(mark) for mark in row.marks],
                "question": row.question,
            }
            for row in suggestions
        ],
    }


def faq_document(panel: FaqPanel) -> shapes.Faq:
    """``faq``"""
    return {
        "as_of": panel.as_of,
        "items": [
            {
                "rank": item.rank,
                **_listed(item.record, item.freshness, item.script),
                "pinned": item.record.article.pinned,
            }
            for item in panel.items
        ],
    }


def learned_document(proposals: Iterable[Proposal]) -> shapes.LearnedQuestions:
    """``learned``; who asked is nobody's business."""
    return {
        "items": [
            {
                "query": proposal.question.text,
                "id": proposal.question.article_id,
                "title": proposal.title,
                "url": article_url(proposal.question.article_id),
                "strength": proposal.question.strength,
                "people": proposal.question.people,
                "picks": proposal.question.picks,
                "last": proposal.question.last.isoformat(),
                "similar": proposal.similar,
            }
            for proposal in proposals
        ]
    }


def article_document(
    record: ArticleRecord,
    freshness: Freshness,
    source: str,
    html: str,
    related: Sequence[tuple[ArticleRecord, Freshness]],
) -> shapes.Article:
    """``article``; ``source`` is the whole file, ``html`` the sanitised body."""
    article = record.article
    return {
        **_listed(record, freshness, article.script_for()),
        "questions": list(article.questions),
        "tags": list(article.tags),
        "contact": article.contact,
        "status": article.status,
        "audience": article.audience,
        "created": iso_day(article.created),
        "verified_by": article.verified_by,
        "valid_from": iso_day(article.valid_from),
        "valid_to": iso_day(article.valid_to),
        "review_every": str(article.review_every) if article.review_every else None,
        "due": iso_day(freshness.due),
        "reasons": list(freshness.reasons),
        "scripts": [{"channel": script.channel, "text": script.text} for script in article.scripts],
        "html": html,
        "source": source,
        "revision": record.revision,
        "related": [
            {
                "id": other.article.id,
                "title": other.article.title,
                "freshness": verdict.state.value,
                "url": article_url(other.article.id),
            }
            for other, verdict in related
        ],
    }


def me_document(caller: Caller, csrf: str) -> shapes.Me:
    """Who asks; ``csrf`` is what our own pages have to send back."""
    return {
        "name": caller.name,
        "role": caller.role.value,
        "via": caller.via.value,
        "owners": None if caller.owners is None else sorted(caller.owners),
        "rights": [right.value for right in rights_of(caller)],
        "csrf": csrf,
    }


def problem_document(problem: Problem) -> shapes.Finding:
    """One finding of ``kb lint --json``."""
    return {
        "path": problem.path,
        "line": problem.line,
        "severity": problem.severity,
        "message": problem.message,
    }


def iso_day(day: date | None) -> str | None:
    """A calendar day as documents write it."""
    return day.isoformat() if day else None
