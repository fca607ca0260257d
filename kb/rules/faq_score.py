"""How often an article proved useful lately: each use counts less the older it is."""

from __future__ import annotations

import math
from collections.abc import Iterable

from kb.model import Article

EVENT_WEIGHTS = {"copy": 3.0, "helpful": 2.0, "open": 1.0, "pick": 1.0, "unhelpful": -2.0}
HALF_LIFE_DAYS = 14.0
#: points: four copies lately are half of the greatest demand
HALF_DEMAND = 12.0


def score(uses: Iterable[tuple[str, float, int]]) -> float:
    """Σ weight · count · 0.5^(age / 14 d) over ``(event kind, age in days, count)``; other kinds count 0."""
    return math.fsum(
        EVENT_WEIGHTS.get(kind, 0.0) * count * 0.5 ** (max(age_days, 0.0) / HALF_LIFE_DAYS)
        for kind, age_days, count in uses
    )


def order(article: Article, points: float) -> tuple[bool, float, int, str]:
    """Sort key of the FAQ panel: pinned first, then the score, then the editor's weight, then the id."""
    return (not article.pinned, -points, -article.weight, article.id)


def demand(article: Article, points: float) -> float:
    """How much an article is asked for, from 0 to 1: by its score or, where that says more, by the
    editor's weight (0-100).
    """
    used = max(points, 0.0)
    return max(used / (used + HALF_DEMAND), min(max(article.weight, 0), 100) / 100)
