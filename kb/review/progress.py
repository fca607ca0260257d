"""How far the reviews of a week are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kb.model import Review, Verdict


@dataclass(frozen=True, slots=True)
class Progress:
    """The verdicts that stand of the week from ``monday`` on, and how many articles are ``left`` in the queue now."""

    monday: date
    by_verdict: dict[Verdict, int]
    by_reviewer: dict[str, int]
    left: int

    @property
    def done(self) -> int:
        """How many verdicts were given."""
        return sum(self.by_verdict.values())

    @classmethod
    def of(cls, monday: date, reviews: Sequence[Review], left: int) -> Progress:
        """Verdicts in their usual order, reviewers by how much they did."""
        verdicts = Counter(review.verdict for review in reviews)
        reviewers = Counter(review.user for review in reviews)
        return cls(monday, {verdict: verdicts[verdict] for verdict in Verdict}, dict(reviewers.most_common()), left)
