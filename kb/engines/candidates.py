"""Candidates of one search: what tantivy finds, scored exactly, as many as can be hits.

tantivy's scores follow ours (same fields, weights and idf, another k1, no coverage), so the list is read from its
top until what follows could reach the floor only by a better ratio of our score to tantivy's than any document so
far; the ratio falls down the list, because coverage does. ``MOST`` bounds what is read of one reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kb.engines.forward import Numbers
from kb.engines.found import Found, Wanted
from kb.engines.rescoring import FIELDS, Rescorer, Scored, Statistics
from kb.engines.scoring import COMMON_SHARE, ENOUGH
from kb.engines.tantivy_index import Condition, Reader
from kb.ports.engine import EngineQuery, Reading, Term

#: So many documents are read at first, then as many again …
_FIRST = 640
#: … and no more, twice what can be paged to. Totals and facets don't count what comes behind.
MOST = 2_560
_NOBODY: Numbers = np.empty(0, np.int64)


class _Plan:
    """The tokens of one reading: rare ones select documents, common ones only add to the score of what was selected."""

    def __init__(self, terms: Sequence[Term], statistics: Statistics) -> None:
        most = COMMON_SHARE * statistics.documents
        head = FIELDS.index("head")
        common = {term for term in terms if statistics.frequencies(term.text)[head] > most}
        self.rare = [term for term in terms if term not in common] or list(terms)
        self.terms = terms


class Pool:
    """What was read from ``reader`` of the documents that meet ``conditions``; ``found`` are the candidates at last."""

    def __init__(self, reader: Reader, conditions: Sequence[Condition]) -> None:
        self.reader, self.conditions = reader, conditions
        self.found: Found
        self._parts: list[tuple[Found, Scored]] = []
        self._rankings = 0

    def read_all(self) -> None:
        """Every document is a candidate."""
        self.found = self.reader.all(self.conditions)
        self.reader.take_up(self.found)

    def begin(self) -> None:
        """What is added from here on are documents of another ranking, so that some may come again."""
        self._rankings += 1

    def add(self, found: Found, rescorer: Rescorer) -> Scored:
        """Score what was found."""
        self.reader.take_up(found)
        scored = rescorer.score(self.reader.forward, found.numbers)
        self._parts.append((found, scored))
        return scored

    def gather(self, readings: int) -> Scored:
        """End: each document that was added is a candidate, once; their scores in so many readings."""
        if not self._parts:
            self.found = Found.nothing()
            return Scored.nothing(readings)
        found, scored = Found.joined([f for f, _ in self._parts]), Scored.joined([s for _, s in self._parts])
        if self._rankings == 1:
            self.found = found
            return scored
        first = np.unique(found.numbers, return_index=True)[1]
        self.found = found.at(first)
        return scored.at(first)


class Candidates:
    """The search for ``query`` in several ``pools`` that are one index to whoever asks."""

    def __init__(self, query: EngineQuery, statistics: Statistics, pools: Sequence[Pool]) -> None:
        self._pools, self._floor, self._also = pools, query.floor, query.also
        readings = (Reading(query.terms, 1.0), *query.readings)
        self._plans = [_Plan(reading.terms, statistics) for reading in readings]
        self._rescorer = Rescorer(readings, [plan.rare for plan in self._plans], query.boosts, statistics)
        self._frequencies = statistics.frequencies
        self._best = [0.0 for _ in readings]

    def collect(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Scores per reading (row) and document (column, pool after pool); which documents were named in ``also``."""
        unselective = [self._read(row, plan) for row, plan in enumerate(self._plans)]
        named = [self._add_named(pool) if self._also else _NOBODY for pool in self._pools]
        scored = Scored.joined([pool.gather(len(self._plans)) for pool in self._pools])
        also = np.concatenate([np.isin(pool.found.numbers, n) for pool, n in zip(self._pools, named, strict=True)])
        counts = scored.selected | also | np.array(unselective)[:, None]
        return np.where(counts, scored.scores, np.float32(0)), also

    def _read(self, row: int, plan: _Plan) -> bool:
        """Read one reading's candidates; whether all its terms had to select."""
        wanted = list(self._wanted(row, plan.terms))
        rare = {term.text for term in plan.rare}
        selecting = [one for one in wanted if one.token in rare]
        helping = [one for one in wanted if one.token not in rare]
        if sum(self._read_pool(pool, row, selecting, helping) for pool in self._pools) >= ENOUGH:
            return False
        for pool in self._pools if helping else ():
            self._read_pool(pool, row, wanted, ())
        return True

    def _read_pool(self, pool: Pool, row: int, selecting: Sequence[Wanted], helping: Sequence[Wanted]) -> int:
        """Score the documents of one pool that may be hits; how many were seen, ENOUGH or more or all."""
        pool.begin()
        query, read, ratio = pool.reader.ranking(selecting, helping, pool.conditions), 0, 0.0
        while read < MOST:
            size, done = max(read, _FIRST), 0
            page = pool.reader.page(query, read, size)
            while (end := self._promising(page.scores, row, ratio)) > done:
                part = page.at(slice(done, end))
                scores = pool.add(part, self._rescorer).scores[row]
                ratio = max(ratio, float((scores / part.scores).max()))
                self._best[row] = max(self._best[row], float(scores.max()))
                done = end
            read += len(page)
            if done < size:
                break
        return read

    def _promising(self, scores: NDArray[np.float64], row: int, ratio: float) -> int:
        """How many documents with these ``scores`` of tantivy's, best first, could reach the floor."""
        if not ratio:  # nothing is known yet
            return int(np.count_nonzero(scores >= self._floor * scores[:1]))
        floor = self._floor * (self._best[0] if row == 0 else max(self._best))
        return int(np.count_nonzero(scores * ratio >= floor))

    def _wanted(self, row: int, terms: Sequence[Term]) -> Iterator[Wanted]:
        for term, limits in zip(terms, self._rescorer.limits[row].tolist(), strict=True):
            for name, limit, frequency in zip(FIELDS, limits, self._frequencies(term.text), strict=False):
                if limit and frequency:
                    yield Wanted(name, term.text, limit)

    def _add_named(self, pool: Pool) -> Numbers:
        """The documents that are to be hits in any case."""
        found = pool.reader.all([(True, pool.reader.carrying("id", self._also)), *pool.conditions])
        pool.begin()
        pool.add(found, self._rescorer)
        return found.numbers
