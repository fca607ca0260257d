"""What a hit shows of its article: highlighted title, snippet, the words that matched, the script of the channel."""

from __future__ import annotations

from collections.abc import Mapping

from kb.model import ArticleRecord, Freshness, Hit, ScoreParts, SearchRequest, Snippet
from kb.rules.snippet import snippet
from kb.text.analyzer import AnalyzedText
from kb.usecases.question import Question
from kb.usecases.ranking import Ranked


def matched_hit(request: SearchRequest, question: Question, ranked: Ranked) -> Hit:
    """The hit for what the engine found.

    Of one that is here by its meaning, the characters that its body shares with the question by chance explain nothing.
    """
    record = ranked.record
    overlap = question.overlap(ranked.found)
    evidence, matched = overlap.evidence, overlap.matched
    marks = {name: tuple(evidence.marks(name)) for name in evidence.texts}
    by_meaning = ranked.near and not matched and ranked.parts.meaning > 0
    if by_meaning:
        marks["body"] = ()
    return Hit(
        record=record,
        parts=ranked.parts,
        freshness=ranked.freshness,
        title=Snippet(evidence.texts["title"].text, marks["title"]),
        snippet=_best_snippet(evidence.texts, marks),
        matched=matched,
        script=record.article.script_for(request.channel),
        found={name: Snippet(evidence.texts[name].text, ranges) for name, ranges in marks.items() if ranges},
        by_meaning=by_meaning,
    )


def unmatched_hit(request: SearchRequest, record: ArticleRecord, freshness: Freshness) -> Hit:
    """The hit for an article that was found otherwise than by its text."""
    script = record.article.script_for(request.channel)
    return Hit(
        record=record,
        parts=ScoreParts(0.0),
        freshness=freshness,
        title=Snippet(record.article.title),
        snippet=snippet(script, ()),
        matched=(),
        script=script,
    )


def _best_snippet(texts: Mapping[str, AnalyzedText], marks: Mapping[str, tuple[tuple[int, int], ...]]) -> Snippet:
    """From the body when it matched or nothing else did; else the customer's wording that matched."""
    if marks["questions"] and not marks["body"]:
        return snippet(texts["questions"].text.replace("\n", "；"), marks["questions"])
    return snippet(texts["body"].text, marks["body"])
