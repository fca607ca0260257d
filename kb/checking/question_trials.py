"""Would a customer's sentence find this draft? The ordinary search answers, as if the draft were published already.

Index, vectors and articles are looked at with the draft in them (``as_if``); nothing is written. Spelling and pinyin go
by the words of what is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kb.model import Article, ArticleRecord, Hit, SearchPage, SearchRequest
from kb.ports.engine import SearchEngine
from kb.rules.faq_score import demand
from kb.rules.vector_index import ArticleTexts
from kb.text.matching import contains
from kb.text.normalize import normalize
from kb.usecases.documents import index_document
from kb.usecases.library import Library
from kb.usecases.searching import Articles, Searcher
from kb.usecases.semantic import Semantic

#: So many best hits are looked at; who stands behind them is not found by anybody.
LOOKED_AT = 50
FEWEST = 5


@dataclass(frozen=True, slots=True)
class QuestionTrial:
    """Where the draft stands: ``rank`` from 1, None when it is not among the best LOOKED_AT of ``total`` hits.

    ``hits``: the first ones, down to the draft and FEWEST at least. ``missing``: words asked for that the draft lacks.
    ``advice``: why it isn't found or not first, and what would help; ``""`` when it is first. ``note``: what the search
    did otherwise than asked.
    """

    query: str
    rank: int | None
    total: int
    score: float | None
    hits: tuple[Hit, ...]
    missing: tuple[str, ...]
    advice: str
    note: str | None

    @classmethod
    def of_broken(cls, query: str, message: str) -> QuestionTrial:
        """For a file that breaks the format."""
        return cls(query, None, 0, None, (), (), f"内容不符合格式，还查不到：{message}", None)


class QuestionTrials:
    """Tries questions on drafts. ``searcher`` is the ordinary search, over ``engine`` and ``semantic``."""

    def __init__(self, searcher: Searcher, engine: SearchEngine, semantic: Semantic | None) -> None:
        self._searcher, self._engine, self._semantic = searcher, engine, semantic

    def run(
        self, draft: Article, query: str, learned: Sequence[tuple[str, float]] = (), former_id: str | None = None
    ) -> QuestionTrial:
        """Ask ``query``; the draft takes the place of the article with its id, or with ``former_id`` if it is to have
        another. ``learned``: the questions that that one learned.

        Raises QueryError for a query that is too long, EngineError.
        """
        article = replace(draft, status="published")
        page = self._searcher_with(article, learned, former_id).search(SearchRequest(query, limit=LOOKED_AT))
        rank = next((place for place, hit in enumerate(page.hits, 1) if hit.record.article.id == article.id), None)
        missing = self._missing(article, query)
        return QuestionTrial(
            query=query,
            rank=rank,
            total=page.total,
            score=page.hits[rank - 1].score if rank else None,
            hits=page.hits[: max(rank or 0, FEWEST)],
            missing=missing,
            advice=self._advice(article, page, rank, missing),
            note=page.fallback,
        )

    def _searcher_with(self, article: Article, learned: Sequence[tuple[str, float]], former_id: str | None) -> Searcher:
        searcher, record = self._searcher, ArticleRecord(article, "", "draft")
        texts = ArticleTexts.of(article, learned)
        return replace(
            searcher,
            engine=self._engine.as_if(index_document(article, record.revision)),
            articles=_WithDraft(searcher.articles, record),
            library=_with_start_of(searcher.library, article, former_id),
            demand=lambda i: max(searcher.demand(i), demand(article, 0.0)) if i == article.id else searcher.demand(i),
            semantic=self._semantic.as_if(texts) if self._semantic else None,
        )

    def _missing(self, article: Article, query: str) -> tuple[str, ...]:
        typed = self._searcher.vocabulary.parse(query)
        text = normalize("\n".join((article.title, *article.questions, *article.tags, article.body)))
        return tuple(word for word in typed.words if not contains(text, word))

    def _advice(self, article: Article, page: SearchPage, rank: int | None, missing: Sequence[str]) -> str:
        if rank == 1:
            return ""
        if article.valid_from is not None and article.valid_from > self._searcher.today():
            return f"生效日期 {article.valid_from} 还没到，到那天才查得到。"
        if not page.total:
            return "这句话里没有可以查的词，或没有任何条目与它相近；请把客户的原话加到相似问法里。"
        if missing:
            return f"本条里没有“{'”“'.join(missing)}”；客户常这么说的话，请把这句加到相似问法里。"
        if rank is None:
            return f"要查的词本条都有，但前 {LOOKED_AT} 条都更贴近；请在标题或相似问法里写出与它们不同的地方。"
        return "要查的词本条都有，前面的条目更贴近；若应由本条回答，请把这句加到相似问法里，否则不用改。"


@dataclass(frozen=True, slots=True)
class _WithDraft:
    """The articles with the draft among them."""

    articles: Articles
    draft: ArticleRecord

    def get_many(self, ids: Sequence[str]) -> Mapping[str, ArticleRecord]:
        own = self.draft.article.id
        found = dict(self.articles.get_many([i for i in ids if i != own]))
        return found | {own: self.draft} if own in ids else found


def _with_start_of(library: Library, article: Article, former_id: str | None) -> Library:
    """The library in which the draft is found from its own day on, and what had ``former_id`` never."""
    upcoming = {i: start for i, start in library.upcoming.items() if i != article.id}
    if former_id and former_id != article.id:
        upcoming[former_id] = date.max
    if article.valid_from is not None:
        upcoming[article.id] = article.valid_from
    return replace(library, upcoming=upcoming)
