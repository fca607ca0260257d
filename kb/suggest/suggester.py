"""What may be meant by the first keystrokes: articles, then the products and scenarios that hold them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from kb.model import Suggestion
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
    same ``product``; who may see one of them sees it, whatever its ``audience``. Of equally good matches the
    greater ``popularity`` (any unit) is shown first, then the greater ``weight``.
    """

    text: str
    kind: str = "article"
    id: str | None = None
    product: str | None = None
    scenario: str | None = None
    questions: tuple[str, ...] = ()
    audience: str = "internal"
    freshness: str | None = None
    popularity: float = 0.0
    weight: int = 0

    def suggestion(self, marks: tuple[tuple[int, int], ...] = (), question: str | None = None) -> Suggestion:
        """The row under the search box."""
        return Suggestion(self.text, self.kind, self.id, self.product, self.scenario, self.freshness, marks, question)


class Suggester:
    """Answers keystrokes from memory. It never changes: build a new one aside, then swap the reference.

    ``is_word`` tells whether a folded string of two or three characters is a word of the language.
    """

    def __init__(self, entries: Iterable[Entry], is_word: Callable[[str], bool]) -> None:
        self._entries = _without_echoes(sorted(entries, key=_by_use))
        self._children: defaultdict[tuple[str | None, str | None], list[int]] = defaultdict(list)
        for rank, entry in enumerate(self._entries):
            if entry.kind == "article":
                self._children[entry.product, entry.scenario].append(rank)
                self._children[entry.product, None].append(rank)
        self._matcher = Matcher(_lines(self._entries), is_word)
        self._hidden_from = lru_cache(maxsize=16)(self._ranks_hidden_from)

    def suggest(self, text: str, limit: int = 10, audiences: frozenset[str] | None = None) -> list[Suggestion]:
        """The ``limit`` best suggestions for ``text``, of ``audiences`` only (None: of all). Never raises.

        Articles that match come first, then the other articles of a scenario or product that is named, then
        these themselves and frequent queries. If there is nothing, what sounds the same or has most of it. Where not
        the shown text matched, ``marks`` is empty and ``question`` says what did.
        """
        typed = letters_of(text)
        if not typed or limit <= 0:
            return []
        hidden = self._hidden_from(audiences)
        matches = self._matcher.best(typed, limit, hidden) or self._matcher.by_sound(typed, limit, hidden)
        if not matches:
            return [self._loose(match, typed) for match in self._matcher.loosely(typed, limit, hidden)]
        rows = [self._suggestion(match) for match in matches if self._entries[match.rank].kind == "article"]
        others = matches[len(rows) :]
        if others:
            known = {match.rank for match in matches}
            children = (rank for rank in self._named(others) if rank not in known and rank not in hidden)
            rows += [self._entries[rank].suggestion() for rank in children]
            rows += map(self._suggestion, others)
        return rows[:limit]

    def _named(self, matches: list[Match]) -> Iterable[int]:
        """The articles of the scenarios and products that were named: matched not just inside a word."""
        named = (self._entries[match.rank] for match in matches if match.fit < Fit.TITLE_MIDDLE)
        return dict.fromkeys(chain.from_iterable(map(self._children_of, named)))

    def _ranks_hidden_from(self, audiences: frozenset[str] | None) -> frozenset[int]:
        def may_see(rank: int) -> bool:
            entry = self._entries[rank]
            if entry.kind in _PLACES:
                return any(map(may_see, self._children_of(entry)))
            return audiences is None or entry.audience in audiences

        return frozenset(rank for rank in range(len(self._entries)) if not may_see(rank))

    def _children_of(self, entry: Entry) -> list[int]:
        return self._children.get((entry.product, entry.scenario), []) if entry.kind in _PLACES else []

    def _suggestion(self, match: Match) -> Suggestion:
        return self._entries[match.rank].suggestion(self._matcher.marks(match), self._matcher.question(match))

    def _loose(self, match: Match, typed: str) -> Suggestion:
        entry, question = self._entries[match.rank], self._matcher.question(match)
        return entry.suggestion(() if question else marks_of_units(typed, entry.text), question)


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
