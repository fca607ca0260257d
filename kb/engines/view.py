"""Searching one commit of an index: filters, phrases, scores, facets and evidence, on immutable data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from kb.bounded_cache import BoundedCache
from kb.engines.damage import damage_is_corruption
from kb.engines.highlighting import is_one_token, needles
from kb.engines.overlay import Overlay
from kb.engines.preparing import texts_of
from kb.engines.reader import Index, Reader
from kb.engines.scoring import COMMON_SHARE, FacetCounter, FieldPostings, FieldStatistics, Impact, Matches, score, top
from kb.ports.engine import (
    LONG_TEXT,
    PERFECT_FIELD,
    SCORED_FIELDS,
    EngineHit,
    EngineQuery,
    EngineResult,
    Evidence,
    IndexDocument,
    Reading,
)
from kb.text.analyzer import AnalyzedText
from kb.text.grams import grams, is_han_unit
from kb.text.matching import contains
from kb.text.once import once

#: bytes of what tokens add to scores, for a view; more in a large house, where lists are longer: those of 400 questions
#: to 100,000 articles take 50 MB, and making them anew 60 % of the time of a question (measured)
_CACHE_BYTES, _PER_DOCUMENT = 32 * 2**20, 700

#: documents: of ids some 250 bytes each, of texts some 2 KB
_KEPT_IDENTITIES, _KEPT_TEXTS = 20_000, 2_000

#: hits whose texts are looked at together, most of them: a page and those that may move up to it
_LOOKED_AT = 30

#: sets of hidden ids: the same ones all day
_KEPT_HIDDEN = 2

#: (-score, id, revision, number) of a document
_Row = tuple[float, str, str, int]

#: (scored field, what a match in it counts), without those that count nothing
Boosts = tuple[tuple[str, float], ...]


class View:
    """One commit of one generation, or of it what ``reader`` shows."""

    def __init__(self, path: PurePath, index: Index, version: object, commit: str, reader: Reader | Overlay) -> None:
        self.path, self._index = path, index
        self._version, self._commit, self.reader = version, commit, reader
        self.generation = f"{path.name}.{commit}"
        self._norms, self._live = once(self._read_norms), once(self._read_live)  # who counts only needs neither
        self._hidden = lru_cache(_KEPT_HIDDEN)(partial(_numbers, self.reader))
        self._identity = lru_cache(_KEPT_IDENTITIES)(self.reader.identity)
        self._texts = lru_cache(_KEPT_TEXTS)(partial(_texts, self.reader))
        self._facets: dict[str, FacetCounter] = {}
        limit = max(_CACHE_BYTES, _PER_DOCUMENT * reader.size)
        self._impacts = BoundedCache[Impact](limit, lambda impact: impact.nbytes)
        self._by_audience: dict[str, View] = {}

    @classmethod
    def latest(cls, path: PurePath, index: Index) -> View:
        """The latest commit of ``index``, which is that of the generation at ``path``."""
        version = index.version()
        reader, commit = index.reader()
        return cls(path, index, version, commit, reader)

    def is_intact(self) -> bool:
        return self._index.is_intact()

    def is_behind(self) -> bool:
        return self._index.version() != self._version

    def renewed(self) -> View:
        return self.latest(self.path, self._index)

    def as_if(self, document: IndexDocument) -> View:
        """The same commit with ``document`` in it."""
        return View(self.path, self._index, self._version, self._commit, Overlay(self.reader, document))

    def terms(self, field_name: str, prefix: str) -> Iterator[str]:
        return self.reader.tokens(field_name, prefix)

    def revisions(self) -> dict[str, str]:
        return dict(self.reader.identity(int(number)) for number in self.reader.live_numbers())

    def count(self, audience: str | None) -> int:
        return self.reader.live if audience is None else int(self.reader.postings("audience", audience)[0].size)

    def search(self, query: EngineQuery) -> EngineResult:
        if query.audience is not None:
            return self._for(query.audience).search(replace(query, audience=None))
        allowed = self._allowed(query)
        also = np.zeros_like(allowed)
        also[_numbers(self.reader, query.also)] = True
        also &= allowed
        found = self._best_reading(query, allowed, also)
        hits = np.flatnonzero(found.hits | also)
        ranked = self._ranked(found.scores, hits, query.offset + query.limit)
        also[[number for *_, number in ranked]] = False
        beyond = self._ranked(found.scores, np.flatnonzero(also), len(query.also))
        return EngineResult(
            hits=tuple(self._hits(query, (*ranked[query.offset :], *beyond), found)),
            total=hits.size,
            facets={name: self._facet(name).counts(hits) for name in query.facets},
            generation=self.generation,
        )

    def _hits(self, query: EngineQuery, ranked: Iterable[_Row], found: Matches) -> Iterator[EngineHit]:
        wanted: dict[int | None, tuple[str, ...]] = {}
        rows = list(ranked)
        numbers = [row[-1] for row in rows]
        for place, (row, reading) in enumerate(zip(rows, found.readings(numbers), strict=True)):
            negative, article_id, revision, number = row
            if reading not in wanted:
                wanted[reading] = needles(query, reading)
            beside = numbers[place : place + _LOOKED_AT]
            evidence = partial(self._evidence, number, wanted[reading], beside)
            yield EngineHit(article_id, revision, -negative, evidence, reading)

    def _for(self, audience: str) -> View:
        """The same commit as those see it who may see nothing but the articles for ``audience``."""
        if audience not in self._by_audience:
            reader = self.reader.only("audience", audience)
            self._by_audience[audience] = View(self.path, self._index, self._version, self._commit, reader)
        return self._by_audience[audience]

    def _ranked(self, scores: NDArray[np.float32], hits: NDArray[np.intp], wanted: int) -> list[_Row]:
        """The ``wanted`` best hits, equal scores by id."""
        best = top(scores, hits, wanted)
        found = zip((-scores[best]).tolist(), best.tolist(), strict=True)
        return sorted((negative, *self._identity(number), number) for negative, number in found)[:wanted]

    def _best_reading(self, query: EngineQuery, allowed: NDArray[np.bool_], also: NDArray[np.bool_]) -> Matches:
        """Each document with the reading of the query that suits it best."""
        if not query.terms:
            return Matches.best([allowed.astype(np.float32)], query.floor)
        readings = (Reading(query.terms, 1.0), *query.readings)
        boosts = tuple((name, query.boosts[name]) for name in SCORED_FIELDS if query.boosts.get(name))
        tokens = dict.fromkeys(term.text for reading in readings for term in reading.terms)
        self.reader.expect(token for token in tokens if (token, boosts) not in self._impacts)
        scores = [self._score(reading, boosts, allowed, also) for reading in readings]
        return Matches.best(scores, query.floor)

    def _score(
        self, reading: Reading, boosts: Boosts, allowed: NDArray[np.bool_], also: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """The weighted scores of one reading, 0 for what is not ``allowed``."""
        # kept, for norms and frequencies don't change
        impacts = self._impacts.get_all([(term.text, boosts) for term in reading.terms], self._impact)
        terms = list(zip(reading.terms, impacts, strict=True))
        weighted: NDArray[np.float32] = score(terms, allowed, also) * np.float32(reading.weight)
        return weighted

    def _impact(self, key: tuple[str, Boosts]) -> Impact:
        """What a token adds to scores."""
        token, boosts = key
        postings, norms = {name: self.reader.postings(name, token) for name in SCORED_FIELDS}, self._norms()
        fields = [FieldPostings(postings[name], norms[name], boost, name == PERFECT_FIELD) for name, boost in boosts]
        common = postings[PERFECT_FIELD][0].size > COMMON_SHARE * self.reader.live
        return Impact.of(fields, self.reader.size, self.reader.live, common)

    def _read_norms(self) -> dict[str, NDArray[np.float32]]:
        lengths = {name: self.reader.lengths(name) for name in SCORED_FIELDS}
        return {name: FieldStatistics.of(of_field, self.reader.live).norms for name, of_field in lengths.items()}

    def _read_live(self) -> NDArray[np.bool_]:
        live = np.zeros(self.reader.size, np.bool_)
        live[self.reader.live_numbers()] = True
        return live

    def _allowed(self, query: EngineQuery) -> NDArray[np.bool_]:
        """Which documents pass filters, phrases and exclusions."""
        allowed: NDArray[np.bool_] = self._live().copy()
        for name, values in query.filters.items():
            passing = np.zeros_like(allowed)
            for value in values:
                passing[self.reader.postings(name, value)[0]] = True
            allowed &= passing
        allowed[self._hidden(query.hidden_ids)] = False
        for phrase in query.phrases:
            allowed &= self._containing(phrase, allowed)
        for phrase in query.excluded:
            allowed &= ~self._containing(phrase, allowed)
        return allowed

    def _containing(self, phrase: str, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which documents contain ``phrase`` in one of their texts."""
        carrying = np.zeros_like(among)
        for name in SCORED_FIELDS:
            carrying |= self._carrying(name, phrase)
        carrying &= among
        if not is_one_token(phrase):
            for number in np.flatnonzero(carrying):
                texts = self._texts(int(number)).values()
                carrying[number] = any(contains(text.folded, phrase) for text in texts)
        return carrying

    def _carrying(self, name: str, phrase: str) -> NDArray[np.bool_]:
        """Which documents carry every token of ``phrase`` in one field."""
        every_unit = name != LONG_TEXT
        carrying = np.ones(self.reader.size, np.bool_)
        tokens = grams(phrase, every_unit=every_unit)
        for token in tokens:
            having = np.zeros_like(carrying)
            lonely = not every_unit and len(token) == 1 and is_han_unit(token)
            having[self.reader.holding(token) if lonely else self.reader.postings(name, token)[0]] = True
            carrying &= having
        return carrying if tokens else np.zeros_like(carrying)

    def _facet(self, name: str) -> FacetCounter:
        """Counts the values of a keyword field."""
        if name not in self._facets:
            values = {token: self.reader.postings(name, token)[0] for token in self.reader.tokens(name)}
            self._facets[name] = FacetCounter(values, self.reader.size)
        return self._facets[name]

    def _evidence(self, number: int, wanted: tuple[str, ...], beside: Sequence[int]) -> Evidence:
        self.reader.expect_texts(beside)
        return Evidence(self._texts(number), wanted)


def _numbers(reader: Reader | Overlay, article_ids: Iterable[str]) -> list[int]:
    return [number for article_id in article_ids for number in reader.numbers(article_id)]


def _texts(reader: Reader | Overlay, number: int) -> dict[str, AnalyzedText]:
    """What was stored of a document."""
    with damage_is_corruption():
        return texts_of(reader.stored(number))
