"""The review budget: what of the queue to look at when there is only so much time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.review.queue_page import ReviewItem
from kb.rules.review_budget import Task, plan


@dataclass(frozen=True, slots=True)
class Worklist:
    """``items`` in the order of the queue; ``minutes``: what they may take; ``coverage``: the share, 0 to 1, of the
    whole queue's overdue exposure (exposure × days overdue) that is settled by them; ``left``: rows not in it.
    """

    items: tuple[ReviewItem, ...]
    minutes: float
    coverage: float
    left: int


def worklist_of(items: Sequence[ReviewItem], minutes: float) -> Worklist:
    """The fewest of ``items`` that settle the most within ``minutes`` (``kb.rules.review_budget``)."""
    found = plan([Task(item.risk, item.minutes) for item in items], minutes)
    chosen = tuple(items[i] for i in found.chosen)
    return Worklist(chosen, found.minutes, found.coverage, len(items) - len(chosen))
