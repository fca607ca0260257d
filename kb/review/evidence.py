"""What the queue knows of articles besides themselves: how often they were used lately, and signals against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kb.model import Signal
from kb.ports.events import EventLog
from kb.ports.signals import Signals
from kb.review.exposure import recent_uses


@dataclass(frozen=True, slots=True)
class Found:
    """What spoke for and against articles when it was counted; no two share a ``number``.

    ``uses``: see ``kb.review.exposure``; ``signals``: by article, the most serious first.
    """

    number: int
    uses: Mapping[str, int]
    signals: Mapping[str, Sequence[Signal]]


class Evidence:
    """Counts a million events once in ``recount_after``, not with every page."""

    def __init__(self, events: EventLog, signals: Signals, recount_after: timedelta) -> None:
        self._events, self._signals, self._recount_after = events, signals, recount_after
        self._counted: datetime | None = None
        self._uses: Mapping[str, int] = {}
        self._basis: tuple[date, int] | None = None
        self._found = Found(0, {}, {})

    def found(self, as_of: date, edition: int, now: datetime) -> Found:
        """What there is at ``now`` (aware), or was a moment ago, on the day ``as_of``. Raises StoreError.

        Signals are looked for anew also when articles, whose ``edition`` is given, have changed: a verification settles
        them.
        """
        recount = self._counted is None or not timedelta(0) <= now - self._counted < self._recount_after
        if recount:
            self._uses = recent_uses(self._events, now)
        if recount or self._basis != (as_of, edition):
            self._found = Found(self._found.number + 1, self._uses, self._signals.found(as_of, now))
            self._basis = as_of, edition
            self._counted = now if recount else self._counted
        return self._found

    def forget(self) -> None:
        """Count anew the next time."""
        self._counted = None
