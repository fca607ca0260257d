"""Search: parse → plan → engine → fallbacks that say what they did → hits with snippet, freshness and script."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from kb.errors import QueryError
from kb.model import KINDS, ArticleRecord, FacetCount, Freshness, Hit, SearchPage, SearchRequest
from kb.ports.engine import EngineHit, EngineQuery, EngineResult, SearchEngine
from kb.rules.freshness import ranking_factor
from kb.rules.query import ParsedQuery, parse_query
from kb.text.tokenizer import Tokenizer
from kb.usecases.hits import has_all, shown, unmarked
from kb.usecases.library import Library
from kb.usecases.semantic import Semantic

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
    """What the engine found, the hits of the page, and whether one of the best hits has all words of the question."""

    result: EngineResult
    hits: tuple[Hit, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Searcher:
    """The search service. ``by_pinyin`` gives article ids for Latin input; ``today`` is the day it is now;
    ``demand`` tells how much an article (id) is asked for, from 0 to 1.
    """

    engine: SearchEngine
    articles: Articles
    library: Library
    tokenizer: Tokenizer
    stop_words: Collection[str]
    freshness: Callable[[ArticleRecord, date], Freshness]
    by_pinyin: Callable[[str], Sequence[str]]
    channels: tuple[str, ...]
    today: Callable[[], date] = date.today
    demand: Callable[[str], float] = lambda _: 0.0
    semantic: Semantic | None = None

    def search(self, request: SearchRequest) -> SearchPage:
        """Answer ``request``. Raises QueryError for what can't be answered, EngineError when the index can't."""
        filters = self._filters(request)
        parsed = parse_query(request.text, self.tokenizer, self.stop_words)
        if parsed.is_empty:
            page = self._page(request, EngineResult((), 0, {}, self.engine.generation()), ())
            return replace(page, fallback=_ONLY_EXCLUDED if parsed.excluded else None)
        answer = self._run(request, parsed, filters)
        page = self._page(request, answer.result, answer.hits)
        return page if answer.complete else self._fall_back(request, parsed, filters, page)

    def _fall_back(self, request: SearchRequest, parsed: ParsedQuery, filters: Filters, page: SearchPage) -> SearchPage:
        """No article has all the words: try what may have been meant, and say so."""
        corrected = self.library.spelling().correct(parsed.folded)
        if corrected:
            answer = self._run(request, parse_query(corrected, self.tokenizer, self.stop_words), filters)
            if answer.complete:
                note = f"没有找到“{request.text.strip()}”，已改查“{corrected}”。"
                meant = self._page(request, answer.result, answer.hits)
                return replace(meant, fallback=note, did_you_mean=corrected)
        if not page.total and parsed.phrases:
            answer = self._run(request, replace(parsed, phrases=()), filters)
            note = "没有条目包含完整短语，已按普通词查找。"
            return replace(self._page(request, answer.result, answer.hits), fallback=note)
        if not page.total and parsed.folded.isascii():
            found = self._by_pinyin(request, filters)
            if found:
                result = EngineResult((), len(found), {}, page.generation)
                shown = found[request.offset : request.offset + request.limit]
                return replace(self._page(request, result, shown), fallback="没有找到原文，已按拼音查找。")
        if page.total and 1 < len(parsed.words) <= _FEW_WORDS:
            return replace(page, fallback="没有条目同时包含全部词语，以下包含其中一部分。")
        return page

    def _run(self, request: SearchRequest, parsed: ParsedQuery, filters: Filters) -> _Answer:
        query = EngineQuery(
            terms=parsed.terms,
            phrases=parsed.phrases,
            excluded=parsed.excluded,
            filters=filters,
            hidden_ids=self.library.hidden_ids(self.today()),
            boosts=BOOSTS,
            facets=FACETS,
            limit=max(request.offset + request.limit, _REORDERED),
            floor=FLOOR,
        )
        result = self.engine.search(query)
        complete = any(has_all(parsed, hit) for hit in result.hits[:_JUDGED])
        return _Answer(result, tuple(self._hits(request, parsed, result.hits)), complete)

    def _hits(self, request: SearchRequest, parsed: ParsedQuery, found: Sequence[EngineHit]) -> Iterator[Hit]:
        """The page's hits: of the best ones those with all of a few words first, then by score, stale ones lowered."""
        records = self.articles.get_many([hit.id for hit in found])
        few = 1 < len(parsed.words) <= _FEW_WORDS
        demand = _DEMAND if len(parsed.words) <= _DEMAND_WORDS else 0.0
        ranked = []
        for place, hit in enumerate(found):
            record = records.get(hit.id)
            if record is not None and record.article.status == "published":  # the index follows in a moment
                freshness = self.freshness(record, self.today())
                score = hit.score * ranking_factor(freshness.state) * (1 + demand * self.demand(hit.id))
                beyond = max(0, place + 1 - _REORDERED)
                ranked.append(((beyond, few and not has_all(parsed, hit), -score, hit.id), record, hit, freshness))
        ranked.sort(key=lambda row: row[0])
        for key, record, hit, freshness in ranked[request.offset : request.offset + request.limit]:
            yield shown(request, parsed, record, hit, -key[2], freshness)

    def _by_pinyin(self, request: SearchRequest, filters: Filters) -> list[Hit]:
        records = self.articles.get_many(self.by_pinyin(request.text))
        hidden = self.library.hidden_ids(self.today())
        return [
            unmarked(request, record, self.freshness(record, self.today()))
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
