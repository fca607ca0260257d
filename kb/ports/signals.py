"""PORT signals: why articles need a reviewer before their date. ``kb.review.signals`` puts them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from kb.model import Signal


class Signals(Protocol):
    """Evidence of every kind. A fixed number of queries, however many articles there are."""

    def found(self, as_of: date, now: datetime) -> Mapping[str, Sequence[Signal]]:
        """article id -> what speaks against it on the day ``as_of``, the most serious first; others are left out.

        ``now`` (aware) ends the window in which use and votes are counted.
        """


class NoSignals:
    """Where nothing but dates counts."""

    def found(self, as_of: date, now: datetime) -> Mapping[str, Sequence[Signal]]:
        """Nothing speaks against anything."""
        return {}
