"""PORT SearchEngine: what an index engine must do. It gets our tokens and a neutral query, nothing else.

``tests/conformance/`` holds the suite that every adapter must pass. No engine's own query syntax, analyzer
or document class crosses this line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from kb.text.analyzer import AnalyzedText, analyze
from kb.text.matching import merged_occurrences

TEXT_FIELDS = ("title", "questions", "place", "body")
#: the text in which single characters are not indexed, see ``kb.text.grams.grams``
LONG_TEXT = "body"
KEYWORD_FIELDS = ("product", "scenario", "kind", "channel", "tag", "audience")

#: What is scored, and the texts that each scored field is made of. The title counts twice among the questions.
SCORED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "head": ("title", "title", "questions"),
    "place": ("place",),
    "body": ("body",),
}

#: BM25, the same in every engine: Σ idf · tf·(k1+1) / (tf + k1·(1 - b + b·length/average length)) per scored field,
#: idf = ln(1 + (N - df + 0.5) / (df + 0.5)) (Robertson & Zaragoza 2009, with Lucene's +1 that keeps it positive).
BM25_K1 = 2.0
BM25_B = 0.75

#: Articles that answer the whole question come before those that repeat a part of it: the BM25 sum is multiplied by
#: 1 - COVERAGE + COVERAGE · share^COVERAGE_POWER, share being the idf-weighted part of the query's selective terms
#: that stand in any scored field. The small power lets partial matches live and sinks what shares single characters.
COVERAGE = 0.9
COVERAGE_POWER = 0.3

#: Scores are shares of a perfect match, so that different readings of a query compare: the BM25 sum is divided by what
#: a document would score that repeats every term for ever in this field, Σ boost · weight · idf · (k1+1). Terms that no
#: document carries count too (df = 0): a slip of the pen scores low, its mended reading high. For the documents of one
#: reading the divisor is the same, so it never changes their order.
PERFECT_FIELD = "head"


@dataclass(frozen=True, slots=True)
class IndexDocument:
    """One article as an engine stores it: ``text`` per TEXT_FIELDS name, exact ``keywords`` per KEYWORD_FIELDS name."""

    id: str
    revision: str
    text: Mapping[str, str]
    keywords: Mapping[str, tuple[str, ...]]

    def analyzed(self) -> dict[str, AnalyzedText]:
        """The texts with the tokens that every engine has to index."""
        return {name: analyze(text, every_unit=name != LONG_TEXT) for name, text in self.text.items()}


class Term(NamedTuple):
    """One indexed token of a query. ``weight`` multiplies what it adds to the score."""

    text: str
    weight: float = 1.0

    @property
    def selective(self) -> bool:
        """Whether carrying it says something: a pair, letters or digits, not one Han character alone."""
        return len(self.text) > 1 or self.text.isascii()


@dataclass(frozen=True, slots=True)
class Reading:
    """The same question in other words: a synonym put in, the spelling mended. ``weight``: of its scores, < 1."""

    terms: tuple[Term, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class EngineQuery:
    """What to find.

    Any of ``terms`` scores; a document's score is the maximum over the query as typed (weight 1) and its ``readings``,
    a query of its own each ("dis_max"); every one of ``phrases`` must stand in one text field and none of ``excluded``
    may stand in any (all already normalised). A document passes ``filters`` when it carries one of
    the values of each field named there. ``boosts`` multiply the scores of SCORED_FIELDS (0 when absent).
    For a query of one ``audience`` the articles of others don't exist: they count nowhere, not even in the statistics
    behind the scores, or scores would tell of them.
    ``floor``: hits that score below this share of the best one are dropped; what the words as typed find is
    compared with their own best, so that no reading can drop it.
    The documents ``also`` named are hits without any matching term and below the floor, if they pass everything else;
    those that rank beyond the page follow it, so that there may be more than ``limit`` hits.
    Without terms there are no readings, and every document that passes the rest scores 1.
    Without terms and phrases every document that passes the filters is a hit, in order of id.
    """

    terms: tuple[Term, ...] = ()
    readings: tuple[Reading, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden_ids: frozenset[str] = frozenset()
    audience: str | None = None
    also: tuple[str, ...] = ()
    boosts: Mapping[str, float] = field(default_factory=dict)
    facets: tuple[str, ...] = ()
    limit: int = 10
    offset: int = 0
    floor: float = 0.0


class Evidence(NamedTuple):
    """Why a document was found: its texts as they were indexed (without tokens), and what to mark in them, folded."""

    texts: Mapping[str, AnalyzedText]
    needles: tuple[str, ...]

    def marks(self, name: str) -> list[tuple[int, int]]:
        """[start, end) of the matches in one original text (``questions`` joined by line feeds), merged, in order."""
        text = self.texts[name]
        found = merged_occurrences(text.folded, self.needles)
        return found if text.offsets is None else [text.original_span(start, end) for start, end in found]


class EngineHit(NamedTuple):
    """One ranked document. Equal scores are ordered by id. ``evidence`` is looked up whenever it is called.

    ``reading`` is the index of the reading that scored best; None when the words as typed did (they win ties).
    """

    id: str
    revision: str
    score: float
    evidence: Callable[[], Evidence]
    reading: int | None = None


@dataclass(frozen=True, slots=True)
class EngineResult:
    """``facets[field]`` counts values over all ``total`` hits, not only over the ones returned."""

    hits: tuple[EngineHit, ...]
    total: int
    facets: Mapping[str, Sequence[tuple[str, int]]]
    generation: str


class WriteBatch(Protocol):
    """Changes that become visible together. Leaving the ``with`` block commits; an exception discards all."""

    def put(self, document: IndexDocument) -> None:
        """Add or replace by id; the last put or delete of an id within a batch wins."""

    def delete(self, article_id: str) -> None:
        """Remove; an unknown id is not an error."""


class Searchable(Protocol):
    """What can be searched."""

    def search(self, query: EngineQuery) -> EngineResult:
        """Rank and return hits. Raises IndexMissing before the first build, IndexCorrupt on damage."""

    def generation(self) -> str:
        """A name that changes with every visible change; ``""`` before the first build."""


class SearchEngine(Searchable, Protocol):
    """An index. Reading never locks; one writer at a time, others wait up to a timeout, then IndexLocked."""

    name: str
    #: raised whenever its files would be written differently
    format: int

    @property
    def library(self) -> str | None:
        """The library whose version decides what is in its files; None: it has none."""

    def look(self) -> None:
        """Let searches follow what other processes have changed. They do so by themselves, but then one of them waits
        for the look; a server calls this in the background. Never raises.
        """

    def as_if(self, document: IndexDocument) -> Searchable:
        """The index as it would be had ``document`` just been put; nothing is written. Raises as ``search`` does."""

    def terms(self, field_name: str, prefix: str, limit: int) -> list[str]:
        """Indexed tokens of a text field that start with ``prefix``, in order."""

    def revisions(self) -> dict[str, str]:
        """id -> revision of every document in the index."""

    def batch(self) -> AbstractContextManager[WriteBatch]:
        """Open the one way to write into the current generation."""

    def rebuild(self, documents: Iterable[IndexDocument], fingerprint: str) -> str:
        """Build a new generation aside, prove it with a smoke query, swap to it; return its name.

        Until the swap, and for ever if anything fails before it, the previous generation keeps serving.
        """

    def rollback(self) -> str:
        """Swap back to the previous generation; return its name. Raises IndexMissing when there is none."""

    def fingerprint(self) -> str | None:
        """What the current generation was built with; None when there is none."""

    def doc_count(self, audience: str | None = None) -> int:
        """Documents in the current generation, for one audience or for all."""

    def close(self) -> None:
        """Release files; the engine is not used afterwards."""
