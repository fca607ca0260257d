"""Search: parse → plan → engine → fallbacks that say what they did → hits with snippet, freshness and script."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from kb.errors import QueryError
from kb.model import KINDS, ArticleRecord, FacetCount, Freshness, Hit, SearchPage, SearchRequest
from kb.ports.engine import EngineQuery, EngineResult, SearchEngine
from kb.rules.fusion import nearest
from kb.rules.query import ParsedQuery, parse_query
from kb.text.tokenizer import Tokenizer
from kb.usecases.hits import matched_hit, unmatched_hit
from kb.usecases.library import Library
from kb.usecases.ranking import REORDERED, Ranking, belong_together, has_all
from kb.usecases.semantic import Pending, Semantic

#: What a match counts in each field (measured, docs/decisions/0003): the head decides, place and body help.
BOOSTS: Mapping[str, float] = {"head": 1.0, "place": 0.2, "body": 0.3}

#: Hits below this share of the best score are noise: they share one common pair with the question.
FLOOR = 0.15

FACETS = ("product", "scenario", "channel", "kind")
MAX_LIMIT = 100
MAX_OFFSET = 1000

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
    """What the engine found, the hits of the page, whether one of the best has all words of the question, whether
    meaning took part, and what kept it from that.
    """

    result: EngineResult
    hits: tuple[Hit, ...]
    complete: bool = False
    semantic: bool = False
    trouble: str = ""


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
            page = self._page(request, _Answer(EngineResult((), 0, {}, self.engine.generation()), ()))
            return replace(page, fallback=_ONLY_EXCLUDED if parsed.excluded else None)
        pending = self.semantic.ask(parsed.plain) if self.semantic and _is_worded(parsed) else None
        answer = self._run(request, parsed, filters, pending)
        page = self._page(request, answer)
        return page if answer.complete else self._fall_back(request, parsed, filters, pending, page)

    def _fall_back(
        self, request: SearchRequest, parsed: ParsedQuery, filters: Filters, pending: Pending | None, page: SearchPage
    ) -> SearchPage:
        """No article has all the words: try what may have been meant, and say so."""
        corrected = self.library.spelling().correct(parsed.folded)
        if corrected:
            answer = self._run(request, parse_query(corrected, self.tokenizer, self.stop_words), filters, pending)
            if answer.complete:
                note = f"没有找到“{request.text.strip()}”，已改查“{corrected}”。"
                meant = self._page(request, answer)
                return replace(meant, fallback=note, did_you_mean=corrected)
        if not page.total and parsed.phrases:
            answer = self._run(request, replace(parsed, phrases=()), filters, pending)
            note = "没有条目包含完整短语，已按普通词查找。"
            return replace(self._page(request, answer), fallback=note)
        if not page.total and parsed.folded.isascii():
            found = self._by_pinyin(request, filters)
            if found:
                result = EngineResult((), len(found), {}, page.generation)
                shown = found[request.offset : request.offset + request.limit]
                return replace(
                    self._page(request, _Answer(result, tuple(shown))), fallback="没有找到原文，已按拼音查找。"
                )
        if page.total and belong_together(parsed):
            return replace(page, fallback="没有条目同时包含全部词语，以下包含其中一部分。")
        return page

    def _run(self, request: SearchRequest, parsed: ParsedQuery, filters: Filters, pending: Pending | None) -> _Answer:
        query = EngineQuery(
            terms=parsed.terms,
            phrases=parsed.phrases,
            excluded=parsed.excluded,
            filters=filters,
            hidden_ids=self.library.hidden_ids(self.today()),
            boosts=BOOSTS,
            facets=FACETS,
            limit=max(request.offset + request.limit, REORDERED),
            floor=FLOOR,
        )
        neighbours = pending.wait() if pending else None
        near = nearest(neighbours)
        result = self.engine.search(replace(query, also=near))
        records = self.articles.get_many([hit.id for hit in result.hits])
        ranking = Ranking(lambda record: self.freshness(record, self.today()), self.demand)
        ranked = ranking.rank(parsed, result.hits, records, neighbours, near)
        shown = ranked[request.offset : request.offset + request.limit]
        return _Answer(
            result=result,
            hits=tuple(matched_hit(request, parsed, row) for row in shown),
            complete=any(has_all(parsed, hit) for hit in result.hits[:_JUDGED]),
            semantic=neighbours is not None,
            trouble=pending.trouble if pending else "",
        )

    def _by_pinyin(self, request: SearchRequest, filters: Filters) -> list[Hit]:
        records = self.articles.get_many(self.by_pinyin(request.text))
        hidden = self.library.hidden_ids(self.today())
        return [
            unmatched_hit(request, record, self.freshness(record, self.today()))
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

    def _page(self, request: SearchRequest, answer: _Answer) -> SearchPage:
        result = answer.result
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
            hits=answer.hits,
            facets=facets,
            semantic=answer.semantic,
            semantic_trouble=answer.trouble or None,
        )


def _is_worded(parsed: ParsedQuery) -> bool:
    """Whether the question is more than letters and digits: pinyin and initials mean nothing to a model."""
    return not parsed.folded.isascii()


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
