"""What other dictionaries would change: which questions are read otherwise, and which articles they find then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kb.model import SearchRequest
from kb.rules.query import MAX_QUERY
from kb.usecases.question import Question, Vocabulary
from kb.usecases.searching import Searcher

#: So many first hits are compared.
TOP = 5


@dataclass(frozen=True, slots=True)
class Understood:
    """How a question is read: its content words, the same in other words, and (id, title) of its first TOP hits."""

    words: tuple[str, ...]
    readings: tuple[str, ...]
    hits: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChangedQuery:
    """A question that other dictionaries read otherwise."""

    query: str
    before: Understood
    after: Understood

    @property
    def finds_otherwise(self) -> bool:
        """Whether other articles come first, or in another order."""
        return self.before.hits != self.after.hits


def preview(searcher: Searcher, vocabulary: Vocabulary, queries: Iterable[str]) -> list[ChangedQuery]:
    """Those of ``queries`` that ``vocabulary`` reads otherwise than ``searcher`` does, those that then find something
    else first, else in the given order. Raises EngineError.
    """
    changed = list(_changed(searcher, replace(searcher, vocabulary=vocabulary), queries))
    return sorted(changed, key=lambda change: not change.finds_otherwise)


def _changed(now: Searcher, then: Searcher, queries: Iterable[str]) -> Iterator[ChangedQuery]:
    for query in dict.fromkeys(queries):
        if not query.strip() or len(query) > MAX_QUERY:
            continue
        read, read_then = (searcher.vocabulary.read(query, searcher.library.spelling()) for searcher in (now, then))
        if read != read_then:  # what is read the same finds the same
            before, after = _understood(now, query, read), _understood(then, query, read_then)
            if before != after:
                yield ChangedQuery(query, before, after)


def _understood(searcher: Searcher, query: str, question: Question) -> Understood:
    page = searcher.search(SearchRequest(query, limit=TOP))
    hits = tuple((hit.record.article.id, hit.record.article.title) for hit in page.hits)
    return Understood(question.typed.words, tuple(row.text for row in question.rewritings), hits)
