"""The same question in other words: synonyms put in, slips of the pen mended; a handful of texts, likeliest first.

A synonym stands in for whole words only (会员 is not touched within 会员日), the longest first, never in quotes or
in what is excluded, and only when somebody wrote it in a title or question. With several in one query there is one
text with all first choices, then each alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from kb.text.normalize import normalize
from kb.text.spelling import Slip

SYNONYM, SPELLING = "synonym", "spelling"

#: What a match in other words is worth next to one in the words as typed (measured, docs/decisions/0009).
SYNONYM_WEIGHT = 0.9
SPELLING_WEIGHT = 0.95

#: Each costs up to as much time as the query itself.
MOST_REWRITINGS = 4

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """``typed`` was read as ``meant``; ``kind``: synonym | spelling."""

    kind: str
    typed: str
    meant: str


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A folded query in other words, what a match is worth (< 1), and what was changed."""

    text: str
    weight: float
    changes: tuple[Change, ...]

    @property
    def mends_spelling(self) -> bool:
        """Whether a slip was mended in it."""
        return any(change.kind == SPELLING for change in self.changes)

    def after(self, earlier: Rewriting) -> Rewriting:
        """This one as a rewriting of the text that ``earlier`` rewrote."""
        return Rewriting(self.text, self.weight * earlier.weight, (*earlier.changes, *self.changes))


class Synonyms:
    """Groups of words that mean the same, in the order in which they are preferred."""

    def __init__(self, groups: Iterable[Iterable[str]] = ()) -> None:
        self.groups = tuple(map(tuple, groups))
        self._others: dict[str, tuple[str, ...]] = {}
        for group in self.groups:
            words = tuple(dict.fromkeys(normalize(word) for word in group))
            for word in words:
                others = (*self._others.get(word, ()), *(other for other in words if other != word))
                self._others[word] = tuple(dict.fromkeys(others))
        self._longest = max(map(len, self._others), default=0)

    def occur_in(self, folded: str) -> bool:
        """Whether it is worth cutting a text into words: whether any word of a group stands in it."""
        return any(word in folded for word in self._others)

    def places(self, folded: str, words: Sequence[Span]) -> Iterator[tuple[Span, tuple[str, ...]]]:
        """Where words of a group stand, cut as ``words`` are, and what may stand there instead."""
        ends = {end for _, end in words}
        done = 0
        for start, _ in words:
            if start < done:
                continue
            for end in range(min(start + self._longest, len(folded)), start, -1):
                if end in ends and folded[start:end] in self._others:
                    yield (start, end), self._others[folded[start:end]]
                    done = end
                    break


NO_SYNONYMS = Synonyms()


def mend(folded: str, slips: Sequence[Slip]) -> Rewriting | None:
    """The text with its slips mended; None when there is none."""
    if not slips:
        return None
    text = _replaced(folded, [(slip.span, slip.meant) for slip in slips])
    changes = tuple(Change(SPELLING, folded[slip.start : slip.end], slip.meant) for slip in slips)
    return Rewriting(text, SPELLING_WEIGHT * min(slip.certainty for slip in slips), changes)


def with_synonyms(
    folded: str, places: Sequence[tuple[Span, tuple[str, ...]]], known: Callable[[str], bool]
) -> Iterator[Rewriting]:
    """The text with all first choices, then with each choice alone; what is not ``known`` at all can't be found."""
    choices = [[(span, word) for word in others if known(word)] for span, others in places]
    choices = [choice for choice in choices if choice]
    firsts = [choice[0] for choice in choices]
    alone = ([choice] for row in zip_longest(*choices) for choice in row if choice)
    for replacements in ([firsts] if len(firsts) > 1 else []), alone:
        for chosen in replacements:
            changes = tuple(Change(SYNONYM, folded[start:end], word) for (start, end), word in chosen)
            yield Rewriting(_replaced(folded, chosen), SYNONYM_WEIGHT, changes)


def _replaced(folded: str, replacements: Sequence[tuple[Span, str]]) -> str:
    pieces, done = [], 0
    for (start, end), word in replacements:
        pieces += [folded[done:start], word]
        done = end
    return "".join([*pieces, folded[done:]])
