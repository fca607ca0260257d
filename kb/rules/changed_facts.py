"""Which facts an edit changed: 7 天 became 15 天, the hotline has another number, a date is gone.

Only lines that are not the same in both texts are looked at. There, facts of one kind and unit are paired by the words
around them, the likeliest pair first; a pair that says the same has not changed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from kb.rules.facts import Fact, facts_in

#: characters on each side of a fact that tell what it is about
_AROUND = 12

#: What the same value counts beside words around that are the same, which count 100.
_SAME_VALUE = 25

#: Of more facts of one kind in changed lines, nobody can tell which became which.
_MOST = 100


@dataclass(frozen=True, slots=True)
class ChangedFact:
    """A fact that was there before the edit: as it was written, the line it stood in, what is written now.

    ``now`` is None when nothing took its place.
    """

    fact: Fact
    written: str
    line: str
    now: str | None


@dataclass(frozen=True, slots=True)
class _Standing:
    """A fact in its line."""

    fact: Fact
    line: str

    @property
    def written(self) -> str:
        return self.line[self.fact.start : self.fact.end]

    @property
    def around(self) -> str:
        """The words beside it, without the fact itself."""
        fact = self.fact
        return f"{self.line[max(0, fact.start - _AROUND) : fact.start]}\0{self.line[fact.end : fact.end + _AROUND]}"


def changed_facts(old: str, new: str) -> tuple[ChangedFact, ...]:
    """The facts of ``old`` that ``new`` says otherwise or no longer, each value once, in the order of ``old``."""
    before, after = _changed_lines(old, new)
    kept = _by_kind(after)
    changes: dict[tuple[object, ...], ChangedFact] = {}
    for group, standing in _by_kind(before).items():
        for was, now in _paired(standing, kept.get(group, [])):
            if now is None or not was.fact.is_same(now.fact):
                key = (was.fact.key, was.fact.year, now and now.fact.key)
                changes.setdefault(key, ChangedFact(was.fact, was.written, was.line, now.written if now else None))
    places = {line: place for place, line in enumerate(old.split("\n"))}
    return tuple(sorted(changes.values(), key=lambda change: (places[change.line], change.fact.start)))


def _changed_lines(old: str, new: str) -> tuple[list[str], list[str]]:
    before, after = old.split("\n"), new.split("\n")
    return _without(before, Counter(after)), _without(after, Counter(before))


def _without(lines: Iterable[str], others: Counter[str]) -> list[str]:
    """The lines that ``others`` doesn't have, or has less often."""
    kept = []
    for line in lines:
        if others[line] > 0:
            others[line] -= 1
        else:
            kept.append(line)
    return kept


def _by_kind(lines: Iterable[str]) -> dict[tuple[str, str], list[_Standing]]:
    found: dict[tuple[str, str], list[_Standing]] = defaultdict(list)
    for line in lines:
        for fact in facts_in(line):
            found[fact.kind, fact.unit].append(_Standing(fact, line))
    return found


def _paired(old: Sequence[_Standing], new: Sequence[_Standing]) -> Iterator[tuple[_Standing, _Standing | None]]:
    """Every one of ``old`` with what became of it: the one of ``new`` with the same words around, as far as they go."""
    if len(old) > _MOST or len(new) > _MOST:
        yield from _paired_by_value(old, new)
        return
    likeness = sorted((-_likeness(was, now), i, j) for i, was in enumerate(old) for j, now in enumerate(new))
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in likeness:
        if i not in partner and j not in taken:
            partner[i] = j
            taken.add(j)
    yield from ((was, new[partner[i]] if i in partner else None) for i, was in enumerate(old))


def _likeness(was: _Standing, now: _Standing) -> float:
    """By the words around; the same value is likelier than another where they don't differ much."""
    return fuzz.ratio(was.around, now.around) + _SAME_VALUE * was.fact.is_same(now.fact)


def _paired_by_value(
    old: Sequence[_Standing], new: Sequence[_Standing]
) -> Iterator[tuple[_Standing, _Standing | None]]:
    left: dict[tuple[str, str, str], list[_Standing]] = defaultdict(list)
    for now in new:
        left[now.fact.key].append(now)
    for was in old:
        same = left[was.fact.key]
        yield was, same.pop() if same else None
