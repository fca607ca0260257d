"""Search: parse → plan → engine → fallbacks that say what they did → hits with snippet, freshness and script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from kb.errors import QueryError
from kb.model import KINDS, ArticleRecord, FacetCount, Freshness, Hit, SearchPage, SearchRequest, Snippet
from kb.ports.engine import EngineHit, EngineQuery, EngineResult, SearchEngine
from kb.rules.freshness import ranking_factor
from kb.rules.query import ParsedQuery
from kb.rules.snippet import snippet
from kb.text.analyzer import AnalyzedText
from kb.usecases.library import Library
from kb.usecases.question import Question, Vocabulary

#: What a match counts in each field (measured, docs/decisions/0003): the head decides, place and body help.
BOOSTS: Mapping[str, float] = {"head": 1.0, "place": 0.2, "body": 0.3}

#: Hits below this share of the best score are noise: they share one common pair with the question.
FLOOR = 0.15

FACETS = ("product", "scenario", "channel", "kind")
MAX_LIMIT = 100
MAX_OFFSET = 1000

#: So many best hits are put in order anew (stale ones down, all-words ones up). A fixed number: were it to grow with
#: the page asked for, hits would move from page to page.
_REORDERED = 30

#: So many words are typed to be found together: articles with all of them come first, and it is worth a remark when
#: there is none. A longer question is a sentence, whose words nobody expects to find complete.
_FEW_WORDS = 3


#: One or two words are met by many articles alike; then those that are asked for most score up to this part more.
_DEMAND = 0.3
_DEMAND_WORDS = 2
_ONLY_EXCLUDED = "只写了要排除的词，没有要查的词。请补上要查的内容，如“退货 -运费”。"

#: Whether a question was met is decided by so many best hits.
_JUDGED = 10

Filters = Mapping[str, tuple[str, ...]]


class Articles(Protocol):
    """Where the articles behind the hits come from."""

    def get_many(self, ids: Sequence[str]) -> Mapping[str, ArticleRecord]:
        """The served articles among ``ids``."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the engine found, the hits of the page, whether one of the best hits has all words of the question, and
    the question with its spelling mended if only that brought one.
    """

    result: EngineResult
    hits: tuple[Hit, ...]
    complete: bool
    mended: str | None


@dataclass(frozen=True, slots=True)
class Searcher:
    """The search service. ``by_pinyin`` gives article ids for Latin input; ``today`` is the day it is now;
    ``demand`` tells how much an article (id) is asked for, from 0 to 1.
    """

    engine: SearchEngine
    articles: Articles
    library: Library
    vocabulary: Vocabulary
    freshness: Callable[[ArticleRecord, date], Freshness]
    by_pinyin: Callable[[str], Sequence[str]]
    channels: tuple[str, ...]
    today: Callable[[], date] = date.today
    demand: Callable[[str], float] = lambda _: 0.0

    def search(self, request: SearchRequest) -> SearchPage:
        """Answer ``request``. Raises QueryError for what can't be answered, EngineError when the index can't."""
        filters = self._filters(request)
        question = self.vocabulary.read(request.text, self.library.spelling())
        if question.typed.is_empty:
            page = self._page(request, EngineResult((), 0, {}, self.engine.generation()), ())
            return replace(page, fallback=_ONLY_EXCLUDED if question.typed.excluded else None)
        answer = self._run(request, question, filters)
        page = self._page(request, answer.result, answer.hits)
        if answer.mended:
            return self._instead(request, answer, answer.mended)
        return page if answer.complete else self._fall_back(request, question.typed, filters, page)

    def _instead(self, request: SearchRequest, answer: _Answer, meant: str) -> SearchPage:
        """What was found for ``meant``, and that it was."""
        note = f"没有找到“{request.text.strip()}”，已改查“{meant}”。"
        return replace(self._page(request, answer.result, answer.hits), fallback=note, did_you_mean=meant)

    def _fall_back(self, request: SearchRequest, parsed: ParsedQuery, filters: Filters, page: SearchPage) -> SearchPage:
        """No article has all the words: try what may have been meant, and say so."""
        if not page.total and parsed.phrases:
            answer = self._run(request, Question(replace(parsed, phrases=())), filters)
            note = "没有条目包含完整短语，已按普通词查找。"
            return replace(self._page(request, answer.result, answer.hits), fallback=note)
        if not page.total and parsed.folded.isascii():
            found = self._by_pinyin(request, filters)
            if found:
                result = EngineResult((), len(found), {}, page.generation)
                shown = found[request.offset : request.offset + request.limit]
                return replace(self._page(request, result, shown), fallback="没有找到原文，已按拼音查找。")
            question = self.vocabulary.read_pinyin(parsed.folded, self.library.spelling())
            if question:
                answer = self._run(request, question, filters)
                return self._instead(request, answer, question.typed.folded)
        if page.total and 1 < len(parsed.words) <= _FEW_WORDS:
            return replace(page, fallback="没有条目同时包含全部词语，以下包含其中一部分。")
        return page

    def _run(self, request: SearchRequest, question: Question, filters: Filters) -> _Answer:
        query = EngineQuery(
            terms=question.typed.terms,
            readings=question.for_engine(),
            phrases=question.typed.phrases,
            excluded=question.typed.excluded,
            filters=filters,
            hidden_ids=self.library.hidden_ids(self.today()),
            boosts=BOOSTS,
            facets=FACETS,
            limit=max(request.offset + request.limit, _REORDERED),
            floor=FLOOR,
        )
        result = self.engine.search(query)
        best = result.hits[:_JUDGED]
        complete = any(question.is_met_by(hit) for hit in best)
        return _Answer(result, tuple(self._hits(request, question, result.hits)), complete, question.mended_for(best))

    def _hits(self, request: SearchRequest, question: Question, found: Sequence[EngineHit]) -> Iterator[Hit]:
        """The page's hits: of the best ones those with all of a few words first, then by score, stale ones lowered."""
        records = self.articles.get_many([hit.id for hit in found])
        few = 1 < len(question.typed.words) <= _FEW_WORDS
        demand = _DEMAND if len(question.typed.words) <= _DEMAND_WORDS else 0.0
        ranked = []
        for place, hit in enumerate(found):
            record = records.get(hit.id)
            if record is not None and record.article.status == "published":  # the index follows in a moment
                freshness = self.freshness(record, self.today())
                score = hit.score * ranking_factor(freshness.state) * (1 + demand * self.demand(hit.id))
                beyond = max(0, place + 1 - _REORDERED)
                ranked.append(((beyond, few and not question.is_met_by(hit), -score, hit.id), record, hit, freshness))
        ranked.sort(key=lambda row: row[0])
        for key, record, hit, freshness in ranked[request.offset : request.offset + request.limit]:
            yield self._hit(request, question, record, hit, -key[2], freshness)

    def _hit(
        self,
        request: SearchRequest,
        question: Question,
        record: ArticleRecord,
        hit: EngineHit,
        score: float,
        freshness: Freshness,
    ) -> Hit:
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
            matched=question.matched(hit),
            script=record.article.script_for(request.channel),
            found=_words_found(evidence.texts, marks),
        )

    def _by_pinyin(self, request: SearchRequest, filters: Filters) -> list[Hit]:
        records = self.articles.get_many(self.by_pinyin(request.text))
        hidden = self.library.hidden_ids(self.today())
        return [
            Hit(
                record=record,
                score=0.0,
                freshness=self.freshness(record, self.today()),
                title=Snippet(record.article.title),
                snippet=snippet(record.article.script_for(request.channel), ()),
                matched=(),
                script=record.article.script_for(request.channel),
            )
            for article_id, record in records.items()
            if article_id not in hidden and _passes(record, filters)
        ]

    def _filters(self, request: SearchRequest) -> dict[str, tuple[str, ...]]:
        """Filters by index value; QueryError for a value that can't exist or a page out of range."""
        if not 1 <= request.limit <= MAX_LIMIT or not 0 <= request.offset <= MAX_OFFSET:
            raise QueryError(f"limit 须在 1 到 {MAX_LIMIT} 之间，offset 须在 0 到 {MAX_OFFSET} 之间。")
        filters: dict[str, tuple[str, ...]] = {}
        products = None
        if request.product:
            products = filters["product"] = self.library.product_slugs(request.product)
        if request.scenario:
            filters["scenario"] = self.library.scenario_paths(request.scenario, products)
        if request.channel:
            filters["channel"] = (_known(request.channel, self.channels, "渠道"),)
        if request.kind:
            filters["kind"] = (_known(request.kind, KINDS, "类型"),)
        if request.tag:
            filters["tag"] = (request.tag.encode(errors="replace").decode(),)  # a lone surrogate can't be looked up
        return filters

    def _page(self, request: SearchRequest, result: EngineResult, hits: Sequence[Hit]) -> SearchPage:
        facets = {
            name: tuple(
                FacetCount(self.library.title_of(name, value), n, value) for value, n in result.facets.get(name, ())
            )
            for name in FACETS
        }
        return SearchPage(
            query=request.text,
            total=result.total,
            generation=result.generation,
            hits=tuple(hits),
            facets=facets,
        )


def _known(value: str, allowed: Sequence[str], what: str) -> str:
    if value not in allowed:
        raise QueryError(f"没有名为“{value}”的{what}。可选：{'、'.join(allowed)}。")
    return value


def _passes(record: ArticleRecord, filters: Filters) -> bool:
    article = record.article
    values = {
        "product": (article.product.slug,),
        "scenario": (article.scenario_path,),
        "channel": article.channels,
        "kind": (article.kind,),
        "tag": article.tags,
    }
    return all(set(wanted) & set(values[name]) for name, wanted in filters.items())


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
