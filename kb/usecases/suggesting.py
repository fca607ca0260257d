"""From articles, folders and frequent queries to a suggester in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from kb.model import ArticleRecord, Freshness, Suggestion
from kb.suggest import CellCutter, Entry, Suggester
from kb.usecases.library import Library


class SuggestFunction(Protocol):
    """(text, limit) -> suggestions, best first."""

    def __call__(self, text: str, limit: int = 10, /) -> list[Suggestion]: ...


def build_suggester(
    records: Sequence[ArticleRecord],
    library: Library,
    freshness: Callable[[ArticleRecord], Freshness],
    use: Mapping[str, int],
    frequent: Sequence[tuple[str, int]],
    cells_of: CellCutter,
) -> SuggestFunction:
    """Build the suggester from published records; ``use`` counts picks and copies per article id."""
    entries = [*_articles(records, freshness, use), *_places(library), *_queries(frequent)]
    suggester = Suggester(entries, cells_of)
    cells_of.keep()
    return suggester.suggest


def _articles(
    records: Sequence[ArticleRecord], freshness: Callable[[ArticleRecord], Freshness], use: Mapping[str, int]
) -> Iterator[Entry]:
    for record in records:
        verdict = freshness(record)
        if verdict.servable:
            article = record.article
            yield Entry(
                text=article.title,
                kind="article",
                id=article.id,
                product=article.product.title,
                scenario=article.scenario.title,
                questions=article.questions,
                freshness=verdict.state.value,
                popularity=use.get(article.id, 0),
                weight=article.weight,
            )


def _places(library: Library) -> Iterator[Entry]:
    for product in library.products.values():
        yield Entry(product.title, kind="product", product=product.title)
    for path, scenario in library.scenarios.items():
        product = library.products[path.split("/")[0]]
        yield Entry(scenario.title, kind="scenario", product=product.title, scenario=scenario.title)


def _queries(frequent: Sequence[tuple[str, int]]) -> Iterator[Entry]:
    for query, count in frequent:
        yield Entry(query, kind="query", popularity=count)
