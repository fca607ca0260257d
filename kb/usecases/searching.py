"""Search: parse → plan → engine → fallbacks that say what they did → hits with snippet, freshness and script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from kb.errors import QueryError
from kb.model import KINDS, ArticleRecord, FacetCount, Freshness, Hit, SearchPage, SearchRequest
from kb.ports.engine import EngineQuery, EngineResult, Searchable
from kb.rules.fusion import ByMeaning, ByWords
from kb.rules.learned_words import LearnedWords
from kb.rules.vector_index import Neighbours
from kb.turns import SEARCHING
from kb.usecases.hits import matched_hit, unmatched_hit
from kb.usecases.library import Library
from kb.usecases.question import Question, Vocabulary
from kb.usecases.ranking import REORDERED, Ranking
from kb.usecases.semantic import Meaning

#: What a match counts in each field (measured, docs/decisions/0003): the head decides, place and body help.
BOOSTS: Mapping[str, float] = {"head": 1.0, "place": 0.2, "body": 0.3}

#: Hits below this share of the best score are noise: they share one common pair with the question.
FLOOR = 0.15

FACETS = ("product", "scenario", "channel", "kind")
MAX_LIMIT = 100
MAX_OFFSET = 1000

_ONLY_NEAR = "没有条目包含要查的词，以下只是有些相近，请先核对。"
_ONLY_EXCLUDED = "只写了要排除的词，没有要查的词。请补上要查的内容，如“退货 -运费”。"

#: Whether a question was met is decided by so many best hits.
_JUDGED = 10

Filters = Mapping[str, tuple[str, ...]]


class Articles(Protocol):
    """Where the articles behind the hits come from."""

    def get_many(self, ids: Sequence[str]) -> Mapping[str, ArticleRecord]:
        """The served articles among ``ids``."""


@dataclass(frozen=True, slots=True)
class _Near:
    """What is near in meaning; None when nobody knows, which may be because of a ``trouble``."""

    neighbours: Neighbours | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the engine found, the hits of the page; of the best hits, whether one has all words of the question
    (``complete``), or any (``related``), and the question with its spelling mended if only that brought one; whether
    meaning took part, and what kept it from that.
    """

    result: EngineResult
    hits: tuple[Hit, ...]
    complete: bool = False
    related: bool = False
    mended: str | None = None
    semantic: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Searcher:
    """The search service. ``by_pinyin`` gives article ids for Latin input; ``today`` is the day it is now;
    ``demand`` tells how much an article (id) is asked for, from 0 to 1; ``learned`` helps where ``semantic`` is not.
    ``audience``: that of all ``articles``, None when they have several.
    """

    engine: Searchable
    articles: Articles
    library: Library
    vocabulary: Vocabulary
    freshness: Callable[[ArticleRecord, date], Freshness]
    by_pinyin: Callable[[str], Sequence[str]]
    channels: tuple[str, ...]
    today: Callable[[], date] = date.today
    demand: Callable[[str], float] = lambda _: 0.0
    semantic: Meaning | None = None
    learned: LearnedWords = field(default_factory=LearnedWords)
    audience: str | None = None

    def search(self, request: SearchRequest) -> SearchPage:
        """Answer ``request``. Raises QueryError for what can't be answered, EngineError when the index can't."""
        filters, spelling = self._filters(request), self.library.spelling()  # which may have to be made first
        with SEARCHING:
            question = self.vocabulary.read(request.text, spelling)
        near = self._near(question)
        with SEARCHING:
            page = self._answer(request, question, filters, near)
        if page.total or question.typed.is_empty or question.typed.phrases or question.is_worded:
            return page
        return self._by_pinyin(request, question.typed.folded, filters) or page

    def _near(self, question: Question) -> _Near:
        """What is near in meaning, as soon as the model has said so; others search meanwhile."""
        if self.semantic is None or question.typed.is_empty or not question.is_worded:
            return _Near()
        pending = self.semantic.ask(question.for_model, self.audience)
        return _Near(pending.wait(), pending.trouble)

    def _answer(self, request: SearchRequest, question: Question, filters: Filters, near: _Near) -> SearchPage:
        if question.typed.is_empty:
            page = self._page(request, _Answer(EngineResult((), 0, {}, self.engine.generation()), ()))
            return replace(page, fallback=_ONLY_EXCLUDED if question.typed.excluded else None)
        answer = self._run(request, question, filters, near)
        if answer.mended:
            return self._instead(request, answer, answer.mended)
        if answer.complete:
            return self._page(request, answer)
        return self._fall_back(request, question, filters, near, answer)

    def _instead(self, request: SearchRequest, answer: _Answer, meant: str) -> SearchPage:
        """What was found for ``meant``, and that it was."""
        note = f"没有找到“{request.text.strip()}”，已改查“{meant}”。"
        return replace(self._page(request, answer), fallback=note, did_you_mean=meant)

    def _fall_back(
        self, request: SearchRequest, question: Question, filters: Filters, near: _Near, answer: _Answer
    ) -> SearchPage:
        """No article has all the words: try what may have been meant, and say so."""
        page, typed = self._page(request, answer), question.typed
        if not page.total and typed.phrases:
            relaxed = self._run(request, Question(replace(typed, phrases=())), filters, near)
            return replace(self._page(request, relaxed), fallback="没有条目包含完整短语，已按普通词查找。")
        if page.total and not answer.related:
            return replace(page, fallback=_ONLY_NEAR)
        if page.total and question.is_keywords:
            return replace(page, fallback="没有条目同时包含全部词语，以下包含其中一部分。")
        return page

    def _run(self, request: SearchRequest, question: Question, filters: Filters, near: _Near) -> _Answer:
        today = self.today()
        query = EngineQuery(
            terms=question.typed.terms,
            readings=question.for_engine(),
            phrases=question.typed.phrases,
            excluded=question.typed.excluded,
            filters=filters,
            hidden_ids=self.library.hidden_ids(today),
            audience=self.audience,
            boosts=BOOSTS,
            facets=FACETS,
            limit=max(request.offset + request.limit, REORDERED),
            floor=FLOOR,
        )
        additions = self._additions(question, near.neighbours, bool(filters))
        result = self.engine.search(replace(query, also=additions.found))
        records = self.articles.get_many([hit.id for hit in result.hits])
        ranking = Ranking(lambda record: self.freshness(record, today), self.demand)
        ranked = ranking.rank(question, result.hits, records, additions)
        best = result.hits[:_JUDGED]
        return _Answer(
            result=result,
            hits=tuple(matched_hit(request, question, row) for row in ranked[request.offset :][: request.limit]),
            complete=any(question.is_met_by(hit) for hit in best),
            related=any(question.overlap(hit).matched for hit in best),
            mended=question.mended_for(best),
            semantic=isinstance(additions, ByMeaning),
            trouble=near.trouble,
        )

    def _additions(self, question: Question, near: Neighbours | None, filtered: bool) -> ByMeaning | ByWords:
        if near is not None:
            return ByMeaning.of(near, filtered)
        return ByWords.of(self.learned.gains(question.typed.plain))

    def _by_pinyin(self, request: SearchRequest, folded: str, filters: Filters) -> SearchPage | None:
        """What Latin letters spell, with one wrong key at most; None when they spell nothing.

        Nobody waits meanwhile for what suggests by pinyin: it may have to be made first, of all articles.
        """
        found = self._spelled(request, filters)
        if found:
            result = EngineResult((), len(found), {}, self.engine.generation())
            page = self._page(request, _Answer(result, tuple(found[request.offset :][: request.limit])))
            return replace(page, fallback="没有找到原文，已按拼音查找。")
        question = self.vocabulary.read_pinyin(folded, self.library.spelling())
        if question is None:
            return None
        with SEARCHING:
            return self._instead(request, self._run(request, question, filters, _Near()), question.typed.folded)

    def _spelled(self, request: SearchRequest, filters: Filters) -> list[Hit]:
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
