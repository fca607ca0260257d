"""What may be meant by the first keystrokes: articles, then the products and scenarios that hold them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from kb.model import Suggestion
from kb.suggest.cells import CutText
from kb.suggest.lines import Fit, Line
from kb.suggest.loose import marks_of_units
from kb.suggest.matcher import Match, Matcher
from kb.text.normalize import letters_of

_PLACES = ("scenario", "product")
_KINDS = ("article", *_PLACES, "query")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to suggest. ``kind``: article | scenario | product | query; only articles have an ``id``.

    ``text`` is matched and shown, ``questions`` are matched only. The children of a scenario are the articles
    with the same ``product`` and ``scenario``, those of a product (its ``scenario`` is None) the ones with the
    same ``product``; without any it is not suggested. Of equally good matches the greater ``popularity`` (any unit)
    is shown first, then the greater ``weight``.
    """

    text: str
    kind: str = "article"
    id: str | None = None
    product: str | None = None
    scenario: str | None = None
    questions: tuple[str, ...] = ()
    freshness: str | None = None
    popularity: float = 0.0
    weight: int = 0

    def suggestion(self, marks: tuple[tuple[int, int], ...] = (), question: str | None = None) -> Suggestion:
        """The row under the search box."""
        return Suggestion(self.text, self.kind, self.id, self.product, self.scenario, self.freshness, marks, question)


class Suggester:
    """Answers keystrokes from memory. It never changes: build a new one aside, then swap the reference.

    ``cells_of`` is a ``CellCutter``; one that built the suggester before knows most texts already.
    """

    def __init__(self, entries: Iterable[Entry], cells_of: Callable[[str], CutText]) -> None:
        self._entries = _without_echoes(sorted(_without_empty_places(list(entries)), key=_by_use))
        self._children: defaultdict[tuple[str | None, str | None], list[int]] = defaultdict(list)
        for rank, entry in enumerate(self._entries):
            if entry.kind == "article":
                self._children[entry.product, entry.scenario].append(rank)
                self._children[entry.product, None].append(rank)
        self._matcher = Matcher(_lines(self._entries), cells_of)

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
        rows = [self._suggestion(match) for match in matches if self._entries[match.rank].kind == "article"]
        others = matches[len(rows) :]
        if others:
            known = {match.rank for match in matches}
            children = (rank for rank in self._named(others) if rank not in known)
            rows += [self._entries[rank].suggestion() for rank in children]
            rows += map(self._suggestion, others)
        return rows[:limit]

    def _named(self, matches: list[Match]) -> Iterable[int]:
        """The articles of the scenarios and products that were named: matched not just inside a word."""
        named = (self._entries[match.rank] for match in matches if match.fit < Fit.TITLE_MIDDLE)
        return dict.fromkeys(chain.from_iterable(map(self._children_of, named)))

    def _children_of(self, entry: Entry) -> list[int]:
        return self._children.get((entry.product, entry.scenario), []) if entry.kind in _PLACES else []

    def _suggestion(self, match: Match) -> Suggestion:
        return self._entries[match.rank].suggestion(self._matcher.marks(match), self._matcher.question(match))

    def _loose(self, match: Match, typed: str) -> Suggestion:
        entry, question = self._entries[match.rank], self._matcher.question(match)
        return entry.suggestion(() if question else marks_of_units(typed, entry.text), question)


def _without_empty_places(entries: list[Entry]) -> Iterator[Entry]:
    articles = [entry for entry in entries if entry.kind == "article"]
    held = {(entry.product, scenario) for entry in articles for scenario in (entry.scenario, None)}
    return (entry for entry in entries if entry.kind not in _PLACES or (entry.product, entry.scenario) in held)


def _by_use(entry: Entry) -> tuple[int, float, int, int, str, str, str, str]:
    kind = _KINDS.index(entry.kind)
    names = entry.id or "", entry.product or "", entry.scenario or ""
    return kind, -entry.popularity, -entry.weight, len(entry.text), entry.text, *names


def _without_echoes(ordered: list[Entry]) -> list[Entry]:
    """Leave out the queries that only repeat the text of another entry."""
    seen: set[str] = set()
    kept = []
    for entry in ordered:
        typed = letters_of(entry.text)
        if entry.kind != "query" or typed not in seen:
            kept.append(entry)
        seen.add(typed)
    return kept


def _lines(entries: Iterable[Entry]) -> Iterator[Line]:
    for rank, entry in enumerate(entries):
        group = 0 if entry.kind == "article" else 1
        yield Line(entry.text, rank, group)
        for question in entry.questions:
            yield Line(question, rank, group, is_title=False)
