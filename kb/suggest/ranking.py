"""The articles in order, ready to be searched. An edit costs what it changes: the rest is shared with what was.

Ranks have gaps between them, so that an edited article finds room where it belongs. The edited ones make a small
segment beside the big one; when there are many of them, or no room, all are laid out anew.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb.suggest.entries import Entry, by_use, lines_of
from kb.suggest.making import SegmentMaker
from kb.suggest.segment import Part
from kb.text.normalize import letters_of

#: ranks of articles are smaller
ABOVE = 1 << 23
_WIDEST_GAP = 1024
#: more than these are laid out in tens of milliseconds no longer
MOST_ADDED = 250

#: (product, scenario), and (product, None) for all of a product
Place = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class RankedArticles:
    """``order``: the ranks of all articles; ``entries`` by rank; ``children``: the ranks at each place, in order;
    ``titles``: how often each occurs, letters only; ``added``: what is not in the segment of ``base``.
    """

    order: Sequence[int]
    entries: Mapping[int, Entry]
    children: Mapping[Place, Sequence[int]]
    titles: Mapping[str, int]
    base: Part
    added: Mapping[int, Entry]

    @classmethod
    def of(cls, articles: Iterable[Entry], make: SegmentMaker) -> RankedArticles:
        """Lay out all of them."""
        ordered = sorted(articles, key=by_use)
        gap = min(_WIDEST_GAP, (ABOVE - 1) // (len(ordered) + 1))
        entries = {gap * number: entry for number, entry in enumerate(ordered, start=1)}
        children: dict[Place, list[int]] = {}
        titles: dict[str, int] = {}
        for rank, entry in entries.items():
            for place in _places(entry):
                children.setdefault(place, []).append(rank)
            _count(titles, entry, 1)
        # in an order that doesn't change when articles are used: so the file that is kept fits longer
        lines = lines_of(sorted(entries.items(), key=lambda ranked: ranked[1].id or ""))
        return cls(list(entries), entries, children, titles, make.large(lines).without(()), {})

    def changed(self, gone: Iterable[Entry], come: Iterable[Entry], make: SegmentMaker) -> RankedArticles:
        """The same without those that are ``gone`` and with those that ``come``. Raises KeyError for one unknown."""
        change = _Change(self)
        for entry in gone:
            change.remove(entry)
        for entry in sorted(come, key=by_use):
            change.insert(entry)
        if change.homeless or len(change.added) > MOST_ADDED:
            return RankedArticles.of((*change.entries.values(), *change.homeless), make)
        base = self.base.segment.without(change.gone)
        return RankedArticles(change.order, change.entries, change.children, change.titles, base, change.added)

    @property
    def edits(self) -> int:
        """How many articles are not, or no longer, in the big segment."""
        return len(self.added) + len(self.base.gone)

    def parts(self, make: SegmentMaker) -> tuple[Part, ...]:
        """The segments to search."""
        if not self.added:
            return (self.base,)
        return self.base, make.small(lines_of(sorted(self.added.items()))).without(())


class _Change:
    """Copies of what one ``RankedArticles`` is made of, to be changed. ``homeless``: there was no room for them."""

    def __init__(self, before: RankedArticles) -> None:
        self.order, self.entries = list(before.order), dict(before.entries)
        self.children: dict[Place, Sequence[int]] = dict(before.children)
        self.titles, self.added, self.gone = dict(before.titles), dict(before.added), set(before.base.gone)
        self.homeless: list[Entry] = []

    def remove(self, entry: Entry) -> None:
        at = self._place_of(entry)
        while self.order[at : at + 1] and self.entries[self.order[at]] != entry:
            at += 1  # the next one of the same key
        if at == len(self.order):
            raise KeyError(entry)
        rank = self.order.pop(at)
        del self.entries[rank]
        if self.added.pop(rank, None) is None:
            self.gone.add(rank)
        for place in _places(entry):
            self.children[place] = [other for other in self.children[place] if other != rank]
        _count(self.titles, entry, -1)

    def insert(self, entry: Entry) -> None:
        at = self._place_of(entry)
        low = self.order[at - 1] if at else 0
        high = self.order[at] if at < len(self.order) else ABOVE
        rank = (low + high) // 2
        if rank == low:
            self.homeless.append(entry)
            return
        self.order.insert(at, rank)
        self.entries[rank] = self.added[rank] = entry
        for place in _places(entry):
            self.children[place] = ranks = list(self.children.get(place, ()))
            insort(ranks, rank)
        _count(self.titles, entry, 1)

    def _place_of(self, entry: Entry) -> int:
        return bisect_left(self.order, by_use(entry), key=lambda rank: by_use(self.entries[rank]))


def _places(entry: Entry) -> set[Place]:
    return {(entry.product, entry.scenario), (entry.product, None)}


def _count(titles: dict[str, int], entry: Entry, change: int) -> None:
    letters = letters_of(entry.text)
    titles[letters] = titles.get(letters, 0) + change
    if not titles[letters]:
        del titles[letters]
