"""What the queue knows of articles besides themselves: how often they were used lately, and signals against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kb.model import Signal
from kb.ports.signals import Signals
from kb.ports.store import EventLog

_EXPOSURE_WINDOW = timedelta(days=28)
_EXPOSING_KINDS = ("view", "copy")


@dataclass(frozen=True, slots=True)
class Found:
    """What spoke for and against articles on the day ``as_of`` when it was counted; no two share a ``number``.

    ``exposure``: article id -> views and copies of the last 28 days; ``signals``: the most serious first.
    """

    number: int
    as_of: date
    counted: datetime
    exposure: Mapping[str, int]
    signals: Mapping[str, Sequence[Signal]]


class Evidence:
    """Counts a million events once in ``recount_after``, not with every page."""

    def __init__(self, events: EventLog, signals: Signals, recount_after: timedelta) -> None:
        self._events, self._signals, self._recount_after = events, signals, recount_after
        self._number = 0
        self._found: Found | None = None

    def found(self, as_of: date, now: datetime) -> Found:
        """What there is at ``now`` (aware), or was a moment ago. Raises StoreError."""
        found = self._found
        if found is None or found.as_of != as_of or not timedelta(0) <= now - found.counted < self._recount_after:
            exposure = self._events.uses(_EXPOSING_KINDS, now - _EXPOSURE_WINDOW)
            signals = self._signals.found(as_of, now)
            self._number += 1
            found = self._found = Found(self._number, as_of, now, exposure, signals)
        return found

    def forget(self) -> None:
        """Count anew the next time."""
        self._found = None
