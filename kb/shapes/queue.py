"""The shape of the review queue."""

from __future__ import annotations

from typing import Annotated, TypedDict

from kb.model import SignalKind
from kb.shapes import Count, Day, FacetCount, FreshnessState

Signalled = Annotated[str, ("enum", tuple(kind.value for kind in SignalKind))]


class Signal(TypedDict):
    """A reason besides dates: ``text`` in one phrase, ``evidence`` what a reviewer wants to see of it; ``since``: the
    day on which it arose.
    """

    kind: Signalled
    label: str
    text: str
    since: Day
    evidence: list[str]


class StaleItem(TypedDict):
    """An article that needs review; ``reasons`` tell its signals too. ``exposure`` counts views and copies of the last
    28 days, ``minutes`` is what a review may take.
    """

    id: str
    title: str
    product: str
    scenario: str
    owner: str | None
    state: FreshnessState
    reasons: list[str]
    signals: list[Signal]
    updated: Day | None
    verified: Day | None
    due: Day | None
    days_overdue: Count
    exposure: Count
    minutes: float
    url: str


class StaleFacets(TypedDict):
    """What rows can be narrowed down by; each count leaves its own filter out."""

    state: list[FacetCount]
    owner: list[FacetCount]
    product: list[FacetCount]
    signal: list[FacetCount]


class Stale(TypedDict):
    """``stale``, the riskiest first; ``total``: how many rows the filters leave, whatever ``limit`` says."""

    as_of: Day
    total: Count
    items: list[StaleItem]
    facets: StaleFacets
