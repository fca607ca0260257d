"""Searching one commit of a tantivy index: filters, phrases, ranking, facets and evidence."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.engines.candidates import Candidates, Pool
from kb.engines.damage import damage_is_corruption
from kb.engines.highlighting import is_one_token, needles
from kb.engines.rescoring import FIELDS, Statistics
from kb.engines.scoring import Matches, top
from kb.engines.tantivy_index import FOLDER, Condition, Reader, TantivyIndex, in_memory
from kb.ports.engine import LONG_TEXT, EngineHit, EngineQuery, EngineResult, Evidence, IndexDocument
from kb.text.grams import grams, is_han_unit
from kb.text.matching import contains
from kb.text.once import once

#: whose frequencies are remembered
_MOST_TOKENS = 30_000

#: (-score, (id, revision), place) of a document
_Row = tuple[float, tuple[str, str], int]


class View:
    """One commit of one generation, or of it what ``readers`` show, together."""

    def __init__(self, path: Path, index: TantivyIndex, commit: str, readers: Sequence[Reader]) -> None:
        self.path, self._index, self._commit, self._readers = path, index, commit, readers
        self._version = index.version()
        self.generation = f"{path.name}.{commit}"
        self._statistics = once(self._count)
        self._carrying: dict[str, tuple[int, ...]] = {}
        self._by_audience: dict[str, View] = {}

    @classmethod
    def open(cls, path: Path) -> View:
        return cls._latest(path, TantivyIndex(path / FOLDER))

    @classmethod
    def _latest(cls, path: Path, index: TantivyIndex) -> View:
        reader, commit = index.reader()
        return cls(path, index, commit, [reader])

    def is_intact(self) -> bool:
        return self._index.is_intact()

    def is_behind(self) -> bool:
        return self._index.version() != self._version

    def renewed(self) -> View:
        return self._latest(self.path, self._index)

    def as_if(self, document: IndexDocument) -> View:
        """The same commit with ``document`` in it."""
        others = [reader.where((False, reader.carrying("id", [document.id]))) for reader in self._readers]
        return View(self.path, self._index, self._commit, [*others, in_memory(document)])

    def terms(self, field_name: str, prefix: str) -> list[str]:
        return self._readers[0].tokens(field_name, prefix)

    def revisions(self) -> dict[str, str]:
        return dict(self._readers[0].identities())

    def count(self, audience: str | None) -> int:
        return sum(reader.live for reader in self._for(audience)._readers)

    def _for(self, audience: str | None) -> View:
        """The same commit as those see it who may see nothing but the articles for ``audience``."""
        if audience is None:
            return self
        if audience not in self._by_audience:
            readers = [reader.where((True, reader.carrying("audience", [audience]))) for reader in self._readers]
            self._by_audience[audience] = View(self.path, self._index, self._commit, readers)
        return self._by_audience[audience]

    def _count(self) -> Statistics:
        documents = sum(reader.live for reader in self._readers)
        lengths = [sum(reader.total_length(name) for reader in self._readers) for name in FIELDS]
        return Statistics(
            documents, [length / documents if documents else 0.0 for length in lengths], self._frequencies
        )

    def _frequencies(self, token: str) -> tuple[int, ...]:
        """How many documents carry a token, per field; remembered as long as the commit is."""
        found = self._carrying.get(token)
        if found is None:
            if len(self._carrying) >= _MOST_TOKENS:
                self._carrying.clear()
            found = tuple(sum(reader.frequency(name, token) for reader in self._readers) for name in FIELDS)
            self._carrying[token] = found
        return found

    def search(self, query: EngineQuery) -> EngineResult:
        if query.audience is not None:
            return self._for(query.audience).search(replace(query, audience=None))
        pools = [Pool(reader, list(_conditions(reader, query))) for reader in self._readers]
        if query.terms:
            scores, also = Candidates(query, self._statistics(), pools).collect()
        else:
            scores, also = _everything(pools)
        found = Matches.best(list(scores), query.floor)
        hits = np.flatnonzero(found.hits | also)
        documents = _Documents(pools)
        ranked = documents.ranked(found.scores, hits, query.offset + query.limit)
        also[[place for _, _, place in ranked]] = False
        beyond = documents.ranked(found.scores, np.flatnonzero(also), len(query.also))
        return EngineResult(
            hits=tuple(_hits(query, (*ranked[query.offset :], *beyond), found, documents)),
            total=int(hits.size),
            facets={name: documents.counts(name, hits) for name in query.facets},
            generation=self.generation,
        )


def _hits(query: EngineQuery, ranked: Iterable[_Row], found: Matches, documents: _Documents) -> Iterator[EngineHit]:
    wanted: dict[int | None, tuple[str, ...]] = {}
    for negative, identity, place in ranked:
        reading = found.reading(place)
        if reading not in wanted:
            wanted[reading] = needles(query, reading)
        evidence = partial(documents.evidence, place, wanted[reading])
        yield EngineHit(*identity, -negative, evidence, reading)


def _conditions(reader: Reader, query: EngineQuery) -> Iterator[Condition]:
    """What documents have to pass."""
    passing: list[Condition] = [(True, reader.carrying(name, values)) for name, values in query.filters.items()]
    if query.hidden_ids:
        passing.append((False, reader.hidden(query.hidden_ids)))
    yield from passing
    for wanted, phrases in ((True, query.phrases), (False, query.excluded)):
        for phrase in phrases:
            yield wanted, _containing(reader, phrase, passing)


def _containing(reader: Reader, phrase: str, passing: Sequence[Condition]) -> Any:
    """A query for the documents among those ``passing`` that contain ``phrase`` in one of their texts."""
    carrying = reader.any_of(_carrying(reader, name, phrase) for name in FIELDS)
    if is_one_token(phrase):
        return carrying
    found = reader.all([(True, carrying), *passing])
    texts = map(reader.texts, found.numbers.tolist(), found.addresses)
    holds = [any(contains(text.folded, phrase) for text in one.values()) for one in texts]
    return reader.among(found.numbers[np.array(holds, np.bool_)])


def _carrying(reader: Reader, name: str, phrase: str) -> Any:
    """A query for the documents that carry every token of ``phrase`` in one field."""
    every_unit = name != LONG_TEXT
    return reader.all_of(
        reader.holding(name, token)  # which is how it is indexed there
        if not every_unit and len(token) == 1 and is_han_unit(token)
        else reader.carrying(name, [token])
        for token in grams(phrase, every_unit=every_unit)
    )


def _everything(pools: Sequence[Pool]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Every document that passes, with score 1."""
    for pool in pools:
        pool.read_all()
    size = sum(len(pool.found) for pool in pools)
    return np.ones((1, size), np.float32), np.zeros(size, np.bool_)


class _Documents:
    """The candidates of all pools, one after the other."""

    def __init__(self, pools: Sequence[Pool]) -> None:
        self._pools = pools
        self._ends = np.cumsum([len(pool.found) for pool in pools]).tolist()

    def _at(self, place: int) -> tuple[Pool, int]:
        number = bisect_right(self._ends, place)
        pool = self._pools[number]
        return pool, place - self._ends[number] + len(pool.found)

    def identity(self, place: int) -> tuple[str, str]:
        """(id, revision)"""
        pool, at = self._at(place)
        return pool.reader.forward.identity(int(pool.found.numbers[at]))

    def ranked(self, scores: NDArray[np.float32], places: NDArray[np.intp], wanted: int) -> list[_Row]:
        """The ``wanted`` best of ``places``, equal scores by id."""
        if not places.size:
            return []
        best = top(scores, places, wanted).tolist()
        return sorted((-float(scores[place]), self.identity(place), place) for place in best)[:wanted]

    def counts(self, name: str, places: NDArray[np.intp]) -> list[tuple[str, int]]:
        """How many of ``places`` (ascending) carry each value of a keyword field, most frequent first."""
        counted: Counter[str] = Counter()
        parts = np.split(places, np.searchsorted(places, self._ends[:-1]))
        for pool, part, end in zip(self._pools, parts, self._ends, strict=True):
            counted.update(pool.reader.forward.counts(name, pool.found.numbers[part - end + len(pool.found)]))
        return sorted(counted.items(), key=lambda item: (-item[1], item[0]))

    def evidence(self, place: int, wanted: tuple[str, ...]) -> Evidence:
        """Texts of one document, and what to mark in them."""
        pool, at = self._at(place)
        with damage_is_corruption():
            return Evidence(pool.reader.texts(int(pool.found.numbers[at]), pool.found.addresses[at]), wanted)
