"""Requests and answers of search, suggestion and the FAQ panel; plain data, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kb.model.article import ArticleRecord
from kb.model.freshness import Freshness


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a caller asks. Filters take slugs or Chinese titles; ``channel`` also picks the script."""

    text: str
    product: str | None = None
    scenario: str | None = None
    channel: str | None = None
    kind: str | None = None
    tag: str | None = None
    limit: int = 10
    offset: int = 0


class Snippet(NamedTuple):
    """A piece of the article; ``marks`` are the [start, end) character ranges in ``text`` that matched."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """What is marked, each once."""
        return tuple(dict.fromkeys(self.text[start:end] for start, end in self.marks))


class ScoreParts(NamedTuple):
    """What a score is made of: what words, meaning and learned questions add, times the factors of freshness, demand.

    ``words``: the share of a perfect match, about 0 to 1. ``meaning`` and ``learned`` are on the same scale.
    """

    words: float
    meaning: float = 0.0
    learned: float = 0.0
    freshness: float = 1.0
    demand: float = 1.0

    @property
    def total(self) -> float:
        """The score."""
        return (self.words + self.meaning + self.learned) * self.freshness * self.demand


@dataclass(frozen=True, slots=True)
class Hit:
    """One ranked answer. Scores are comparable within one result only; ``parts`` tells where one comes from.

    ``found`` has the text fields (see ``kb.ports.engine.TEXT_FIELDS``) in which something matched, whole.
    ``by_meaning``: no content word matched, the article is here because it means something alike.
    """

    record: ArticleRecord
    parts: ScoreParts
    freshness: Freshness
    title: Snippet
    snippet: Snippet
    matched: tuple[str, ...]
    script: str
    found: Mapping[str, Snippet] = field(default_factory=dict)
    by_meaning: bool = False

    @property
    def score(self) -> float:
        """Rounded: what is shown."""
        return round(self.parts.total, 4)


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many hits carry ``value``; ``key`` is what to send back as the filter."""

    value: str
    count: int
    key: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The answer to a SearchRequest. ``took_ms`` in milliseconds; ``fallback`` says in words what was relaxed.

    ``semantic``: whether meaning took part; if it should have but couldn't, ``semantic_trouble`` says why.
    ``kept_as``: pages with the same one are the same answer, but for ``took_ms``; 0: this one is not kept.
    """

    query: str
    total: int
    generation: str
    hits: tuple[Hit, ...]
    facets: dict[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    fallback: str | None = None
    did_you_mean: str | None = None
    semantic: bool = False
    semantic_trouble: str | None = None
    took_ms: float = 0.0
    kept_as: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One row under the search box. ``kind``: article | scenario | product | query; ``id`` only for articles.

    ``marks`` are the matched [start, end) ranges in ``text`` (also for pinyin input); ``question`` is the customer's
    wording that matched when the title did not.
    """

    text: str
    kind: str
    id: str | None
    product: str | None
    scenario: str | None
    freshness: str | None
    marks: tuple[tuple[int, int], ...] = ()
    question: str | None = None


@dataclass(frozen=True, slots=True)
class FaqItem:
    """One row of the panel, rank counted from 1 within the panel shown."""

    rank: int
    record: ArticleRecord
    freshness: Freshness
    script: str


@dataclass(frozen=True, slots=True)
class FaqPanel:
    """The top-N panel; ``as_of`` is when its ranking was computed (ISO 8601, UTC)."""

    as_of: str
    items: tuple[FaqItem, ...]
