"""In which order found articles are shown: words, meaning and use in one score, then freshness and demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kb.model import ArticleRecord, Freshness, ScoreParts
from kb.ports.engine import EngineHit
from kb.rules.freshness import ranking_factor
from kb.rules.fusion import Added, Additions
from kb.usecases.question import Question

#: So many best hits are put in order anew, and those found by meaning. A fixed number: were it to grow with the page
#: asked for, hits would move from page to page.
REORDERED = 30

#: One or two words are met by many articles alike; then those that are asked for most score up to this part more.
_DEMAND = 0.3
_DEMAND_WORDS = 2

_NOTHING = Added()


class Ranked(NamedTuple):
    """An article in its place, and what brought it there. ``near``: it is an answer even without a word in common."""

    record: ArticleRecord
    found: EngineHit
    freshness: Freshness
    parts: ScoreParts
    near: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """Puts hits in order. ``demand`` tells how much an article (id) is asked for, from 0 to 1."""

    freshness: Callable[[ArticleRecord], Freshness]
    demand: Callable[[str], float]

    def rank(
        self,
        question: Question,
        found: Sequence[EngineHit],
        records: Mapping[str, ArticleRecord],
        additions: Additions,
    ) -> list[Ranked]:
        """The best of ``found`` and what was found otherwise in their final order, then the others as they come.

        Articles that are no longer among the published ``records`` are left out: the index follows in a moment.
        """
        served = [hit for hit in found if hit.id in records and records[hit.id].article.status == "published"]
        added = additions.to({hit.id: hit.score for hit in served})
        is_keywords = question.is_keywords
        weight = _DEMAND if len(question.typed.words) <= _DEMAND_WORDS else 0.0
        near = set(additions.found)
        ranked = [
            self._ranked(records[hit.id], hit, added.get(hit.id, _NOTHING), weight, hit.id in near) for hit in served
        ]
        front = [row for place, row in enumerate(ranked) if place < REORDERED or row.near]
        front.sort(key=lambda row: (is_keywords and not question.is_met_by(row.found), -row.parts.total, row.found.id))
        behind = [row for place, row in enumerate(ranked) if place >= REORDERED and not row.near]
        return front + behind

    def _ranked(self, record: ArticleRecord, found: EngineHit, added: Added, weight: float, near: bool) -> Ranked:
        freshness = self.freshness(record)
        parts = ScoreParts(
            words=found.score,
            meaning=added.meaning,
            learned=added.learned,
            freshness=ranking_factor(freshness.state),
            demand=1 + weight * self.demand(found.id),
        )
        return Ranked(record, found, freshness, parts, near)
