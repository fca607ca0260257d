"""What may be meant by the first keystrokes: articles, then the products and scenarios that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from kb.model import Suggestion
from kb.suggest.cells import CellCutter
from kb.suggest.entries import PLACES, Entry, by_use, lines_of
from kb.suggest.lines import Fit
from kb.suggest.loose import marks_of_units
from kb.suggest.making import SegmentMaker
from kb.suggest.matcher import Match, Matcher
from kb.suggest.ranking import ABOVE, RankedArticles
from kb.text.normalize import letters_of


class Suggester:
    """Answers keystrokes from memory. It never changes: build a new one aside, then swap the reference.

    ``cells_of`` cuts texts; ``kept`` is a file for what takes long to make of the articles.
    """

    def __init__(self, entries: Iterable[Entry], cells_of: CellCutter, kept: Path | None = None) -> None:
        entries, make = list(entries), SegmentMaker(cells_of, kept)
        articles = RankedArticles.of((entry for entry in entries if entry.is_article), make)
        self._take(articles, entries, make)

    def changed(self, gone: Iterable[Entry], come: Iterable[Entry], others: Iterable[Entry]) -> Suggester:
        """One that suggests what a new one would of the same articles without those that are ``gone``, of those that
        ``come`` and of the ``others`` (all that are no articles). It costs little when few articles change.
        """
        return self._with(self._articles.changed(gone, come, self._make), others)

    def compacted(self) -> Suggester:
        """The same, laid out anew: that takes long and makes the next ``changed`` faster."""
        articles = RankedArticles.of(self._articles.entries.values(), self._make)
        return self._with(articles, self._others.values())

    @property
    def edits(self) -> int:
        """How much ``compacted`` would tidy up, in articles."""
        return self._articles.edits

    def _with(self, articles: RankedArticles, others: Iterable[Entry]) -> Suggester:
        new = Suggester.__new__(Suggester)
        new._take(articles, others, self._make)
        return new

    def _take(self, articles: RankedArticles, entries: Iterable[Entry], make: SegmentMaker) -> None:
        self._articles, self._make = articles, make
        others = sorted((entry for entry in entries if not entry.is_article), key=by_use)
        self._others = dict(enumerate(_without_echoes(_without_empty_places(others, articles), articles), start=ABOVE))
        rest = make.small(lines_of(self._others.items())).without(())
        self._matcher = Matcher((*articles.parts(make), rest))

    def suggest(self, text: str, limit: int = 10) -> list[Suggestion]:
        """The ``limit`` best suggestions for ``text``. Never raises.

        Articles that match come first, then the other articles of a scenario or product that is named, then
        these themselves and frequent queries. If there is nothing, what sounds the same or has most of it. Where not
        the shown text matched, ``marks`` is empty and ``question`` says what did.
        """
        typed = letters_of(text)
        if not typed or limit <= 0:
            return []
        matches = self._matcher.best(typed, limit) or self._matcher.by_sound(typed, limit)
        if not matches:
            return [self._loose(match, typed) for match in self._matcher.loosely(typed, limit)]
        rows = [self._suggestion(match) for match in matches if match.rank < ABOVE]
        others = matches[len(rows) :]
        if others:
            known = {match.rank for match in matches}
            children = (rank for rank in self._named(others) if rank not in known)
            rows += [self._entry(rank).suggestion() for rank in children]
            rows += map(self._suggestion, others)
        return rows[:limit]

    def _entry(self, rank: int) -> Entry:
        return self._articles.entries[rank] if rank < ABOVE else self._others[rank]

    def _named(self, matches: list[Match]) -> Iterable[int]:
        """The articles of the scenarios and products that were named: matched not just inside a word."""
        named = (self._entry(match.rank) for match in matches if match.fit < Fit.TITLE_MIDDLE)
        return dict.fromkeys(chain.from_iterable(map(self._children_of, named)))

    def _children_of(self, entry: Entry) -> Sequence[int]:
        return self._articles.children.get((entry.product, entry.scenario), ()) if entry.kind in PLACES else ()

    def _suggestion(self, match: Match) -> Suggestion:
        return self._entry(match.rank).suggestion(match.marks, match.question)

    def _loose(self, match: Match, typed: str) -> Suggestion:
        entry, question = self._entry(match.rank), match.question
        return entry.suggestion(() if question else marks_of_units(typed, entry.text), question)


def _without_empty_places(others: Iterable[Entry], articles: RankedArticles) -> Iterator[Entry]:
    held = articles.children
    return (entry for entry in others if entry.kind not in PLACES or held.get((entry.product, entry.scenario)))


def _without_echoes(others: Iterable[Entry], articles: RankedArticles) -> Iterator[Entry]:
    """Leave out the queries that only repeat the text of another entry."""
    seen: set[str] = set()
    for entry in others:
        typed = letters_of(entry.text)
        if entry.kind != "query" or not (typed in seen or typed in articles.titles):
            yield entry
        seen.add(typed)
