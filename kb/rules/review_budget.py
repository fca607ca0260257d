"""Which articles to review in a given time: the fewest that take the most risk away. Pure; exact in half minutes.

A 0/1 knapsack over half minutes: what an article takes is rounded up to one, the time at hand down. Of the articles
that take equally long only as many as fit are looked at, the riskiest first, which changes nothing and leaves so few
that half an hour over ten thousand articles is planned in milliseconds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

#: characters a minute that people read silently in Chinese (Brysbaert 2019, a review of 190 studies)
_READING_SPEED = 260
#: opening it, comparing with what holds now, giving the verdict
_VERDICT_MINUTES = 0.5
#: nobody reads a handbook word by word to confirm it
_LONGEST_MINUTES = 15.0
_SLOTS_A_MINUTE = 2


@dataclass(frozen=True, slots=True)
class Task:
    """An article to review: ``risk`` (not negative) is what it adds to the whole as long as nobody does."""

    risk: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Plan:
    """``chosen``: positions of tasks, ascending; ``minutes``: what they take; ``coverage``: share of all risk, 0 to 1,
    which is 1 where there is none.
    """

    chosen: tuple[int, ...]
    minutes: float
    coverage: float


def review_minutes(characters: int) -> float:
    """How long a review of an article of so many characters takes: an estimate, in half minutes, 1 to 15."""
    slots = math.ceil((_VERDICT_MINUTES + characters / _READING_SPEED) * _SLOTS_A_MINUTE)
    return min(max(slots / _SLOTS_A_MINUTE, 1.0), _LONGEST_MINUTES)


def plan(tasks: Sequence[Task], minutes: float) -> Plan:
    """The tasks that together take the most risk away within ``minutes``; of equally good choices one with the fewest.

    Tasks without risk are added only when all the others are in, in the order given, as long as they fit.
    """
    room = math.floor(minutes * _SLOTS_A_MINUTE)
    costs = [max(1, math.ceil(task.minutes * _SLOTS_A_MINUTE)) for task in tasks]
    risky = [i for i, task in enumerate(tasks) if task.risk > 0]
    chosen = _best(tasks, costs, _worth_a_look(tasks, costs, risky, room), room)
    if len(chosen) == len(risky):
        chosen += _fitting(tasks, costs, room - sum(costs[i] for i in chosen))
    total, covered = (sum(tasks[i].risk for i in some) for some in (risky, chosen))
    taken = sum(costs[i] for i in chosen) / _SLOTS_A_MINUTE
    return Plan(tuple(sorted(chosen)), taken, covered / total if total else 1.0)


def _worth_a_look(tasks: Sequence[Task], costs: Sequence[int], risky: Sequence[int], room: int) -> list[int]:
    """Of those that cost the same the riskiest that would fit: any other could be exchanged for one of them."""
    by_cost: dict[int, list[int]] = defaultdict(list)
    for i in sorted(risky, key=lambda i: -tasks[i].risk):
        if len(by_cost[costs[i]]) < room // costs[i]:
            by_cost[costs[i]].append(i)
    return [i for same in by_cost.values() for i in same]


def _best(tasks: Sequence[Task], costs: Sequence[int], candidates: Sequence[int], room: int) -> list[int]:
    """The knapsack. A task counts for a little less than its risk: of equal sums the one of fewer tasks wins."""
    values = [tasks[i].risk * (len(candidates) + 1) - 1 for i in candidates]
    best = [0] * (room + 1)
    taken = [bytearray(room + 1) for _ in candidates]
    for number, (i, value) in enumerate(zip(candidates, values, strict=True)):
        for space in range(room, costs[i] - 1, -1):
            if (better := best[space - costs[i]] + value) > best[space]:
                best[space], taken[number][space] = better, 1
    chosen, space = [], room
    for number in range(len(candidates) - 1, -1, -1):
        if taken[number][space]:
            chosen.append(candidates[number])
            space -= costs[candidates[number]]
    return chosen


def _fitting(tasks: Sequence[Task], costs: Sequence[int], room: int) -> list[int]:
    """Tasks without risk, the first first, that fit into what is left."""
    chosen = []
    for i, task in enumerate(tasks):
        if task.risk == 0 and costs[i] <= room:
            chosen.append(i)
            room -= costs[i]
    return chosen
