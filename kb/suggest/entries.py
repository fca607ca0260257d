"""What can be suggested, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.model import Suggestion
from kb.suggest.lines import Line

PLACES = ("scenario", "product")
_KINDS = ("article", *PLACES, "query")


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

    @property
    def is_article(self) -> bool:
        """Whether it is an article; what isn't is shown below all articles."""
        return self.kind == "article"

    def suggestion(self, marks: tuple[tuple[int, int], ...] = (), question: str | None = None) -> Suggestion:
        """The row under the search box."""
        return Suggestion(self.text, self.kind, self.id, self.product, self.scenario, self.freshness, marks, question)


def by_use(entry: Entry) -> tuple[int, float, int, int, str, str, str, str]:
    """Sorts entries into the order in which they are shown when they match equally well."""
    kind = _KINDS.index(entry.kind)
    names = entry.id or "", entry.product or "", entry.scenario or ""
    return kind, -entry.popularity, -entry.weight, len(entry.text), entry.text, *names


def lines_of(ranked: Iterable[tuple[int, Entry]]) -> Iterator[Line]:
    """The lines of (rank, entry)."""
    for rank, entry in ranked:
        group = 0 if entry.is_article else 1
        yield Line(entry.text, rank, group)
        for question in entry.questions:
            yield Line(question, rank, group, is_title=False)
