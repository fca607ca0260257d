"""What a hit shows of its article: highlighted title, snippet, the words that matched, the script of the channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kb.model import ArticleRecord, Freshness, Hit, SearchRequest, Snippet
from kb.ports.engine import EngineHit
from kb.rules.query import ParsedQuery
from kb.rules.snippet import snippet
from kb.text.analyzer import AnalyzedText
from kb.text.matching import contains


def shown(
    request: SearchRequest,
    parsed: ParsedQuery,
    record: ArticleRecord,
    hit: EngineHit,
    score: float,
    freshness: Freshness,
) -> Hit:
    """The hit for what the engine found."""
    evidence = hit.evidence()
    marks: dict[str, list[tuple[int, int]]] = {name: [] for name in evidence.texts}
    for mark in evidence.highlights:
        marks[mark.field].append((mark.start, mark.end))
    return Hit(
        record=record,
        score=round(score, 4),
        freshness=freshness,
        title=Snippet(evidence.texts["title"].text, tuple(marks["title"])),
        snippet=_best_snippet(evidence.texts, marks),
        matched=_matched(parsed, evidence.texts.values()),
        script=record.article.script_for(request.channel),
        found=_words_found(evidence.texts, marks),
    )


def unmarked(request: SearchRequest, record: ArticleRecord, freshness: Freshness) -> Hit:
    """The hit for an article whose text was not matched."""
    script = record.article.script_for(request.channel)
    return Hit(
        record=record,
        score=0.0,
        freshness=freshness,
        title=Snippet(record.article.title),
        snippet=snippet(script, ()),
        matched=(),
        script=script,
    )


def has_all(parsed: ParsedQuery, hit: EngineHit) -> bool:
    """Whether all content words of the query stand in the article."""
    return set(parsed.words) <= set(_matched(parsed, hit.evidence().texts.values()))


def _best_snippet(texts: Mapping[str, AnalyzedText], marks: Mapping[str, list[tuple[int, int]]]) -> Snippet:
    """From the body when it matched or nothing else did; else the customer's wording that matched."""
    name = "questions" if marks["questions"] and not marks["body"] else "body"
    return snippet(texts[name].text, marks[name])


def _words_found(
    texts: Mapping[str, AnalyzedText], marks: Mapping[str, list[tuple[int, int]]]
) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(dict.fromkeys(texts[name].text[start:end] for start, end in ranges))
        for name, ranges in marks.items()
        if ranges
    }


def _matched(parsed: ParsedQuery, texts: Collection[AnalyzedText]) -> tuple[str, ...]:
    """Which of the query's phrases and content words stand in the article."""
    wanted = dict.fromkeys([*parsed.phrases, *parsed.words])
    return tuple(w for w in wanted if any(contains(text.folded, w) for text in texts))
