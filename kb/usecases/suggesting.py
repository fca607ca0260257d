"""From articles, folders and frequent queries to a suggester in memory, which follows them edit by edit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from kb.model import ArticleRecord, Freshness, Suggestion
from kb.suggest import CellCutter, Entry, Suggester
from kb.usecases.library import Library

#: so many edits, and what is beside the big segment is worth laying out anew
_UNTIDY = 50
#: more changes at once are laid out anew at once
_MANY = 500


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
    articles = filter(None, (_article(record, freshness, use) for record in records))
    return Suggester([*articles, *_others(library, frequent)], cells_of).suggest


class Suggesting:
    """Makes one suggester of another where few articles have changed in between. Thread-safe.

    Each gives what ``build_suggester`` would. ``kept`` is a file for what takes long to make of the articles.
    """

    def __init__(self, kept: Path | None = None) -> None:
        self._kept = kept
        self._turn = threading.Lock()
        self._suggester: Suggester | None = None
        self._cells_of: CellCutter | None = None
        self._use: Mapping[str, int] = {}
        self._judged_by: object = None
        self._known: dict[str, tuple[ArticleRecord, Entry | None]] = {}

    def follow(
        self,
        records: Mapping[str, ArticleRecord],
        library: Library,
        freshness: Callable[[ArticleRecord], Freshness],
        judged_by: object,
        use: Mapping[str, int],
        frequent: Sequence[tuple[str, int]],
        cells_of: CellCutter,
    ) -> Suggester:
        """The suggester of these records by id. Where ``judged_by`` is equal, so is what ``freshness`` says; records
        that have not changed are the same objects.
        """
        with self._turn:
            known = self._known if (judged_by, use) == (self._judged_by, self._use) else {}
            entries = {
                i: former
                if (former := known.get(i)) and former[0] is record
                else (record, _article(record, freshness, use))
                for i, record in records.items()
            }
            others = list(_others(library, frequent))
            gone, come = _differing(self._known, entries), _differing(entries, self._known)
            if self._suggester is None or cells_of is not self._cells_of or len(gone) + len(come) > _MANY:
                articles = filter(None, (entry for _, entry in entries.values()))
                self._suggester = Suggester([*articles, *others], cells_of, self._kept)
            else:
                self._suggester = self._suggester.changed(gone, come, others)
            self._known, self._judged_by, self._use, self._cells_of = entries, judged_by, use, cells_of
            return self._suggester

    def compact(self) -> None:
        """Tidy up after many edits, which takes long; whoever follows meanwhile is not kept waiting."""
        before = self._suggester
        if before is None or before.edits < _UNTIDY:
            return
        after = before.compacted()
        with self._turn:
            if self._suggester is before:
                self._suggester = after


def _differing(
    entries: Mapping[str, tuple[ArticleRecord, Entry | None]], others: Mapping[str, tuple[ArticleRecord, Entry | None]]
) -> list[Entry]:
    """Those of ``entries`` that are not among the ``others``."""
    nothing = None, None
    return [
        entry
        for i, pair in entries.items()
        if (entry := pair[1]) and pair is not (other := others.get(i, nothing)) and entry != other[1]
    ]


def _article(
    record: ArticleRecord, freshness: Callable[[ArticleRecord], Freshness], use: Mapping[str, int]
) -> Entry | None:
    """How an article is suggested; None while it must not be served."""
    verdict, article = freshness(record), record.article
    if not verdict.servable:
        return None
    return Entry(
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


def _others(library: Library, frequent: Sequence[tuple[str, int]]) -> Iterator[Entry]:
    for product in library.products.values():
        yield Entry(product.title, kind="product", product=product.title)
    for path, scenario in library.scenarios.items():
        product = library.products[path.split("/")[0]]
        yield Entry(scenario.title, kind="scenario", product=product.title, scenario=scenario.title)
    for query, count in frequent:
        yield Entry(query, kind="query", popularity=count)
