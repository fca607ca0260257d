"""The verdict on how current an article is; ``kb.rules.freshness`` computes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class State(str, Enum):
    """States in order of precedence: an article has the first one that holds."""

    EXPIRED = "expired"
    STALE = "stale"
    NEVER_VERIFIED = "never_verified"
    CHANGED = "changed"
    DUE = "due"
    FRESH = "fresh"

    @property
    def label(self) -> str:
        """The badge text an agent sees."""
        return _LABELS[self]


_LABELS = {
    State.EXPIRED: "已失效",
    State.STALE: "待复核",
    State.NEVER_VERIFIED: "未审核",
    State.CHANGED: "改后未审",
    State.DUE: "即将到期",
    State.FRESH: "有效",
}


@dataclass(frozen=True, slots=True)
class Freshness:
    """Verdict for one article on one day.

    ``reasons``: every reason that holds, in words, most serious first. ``due``: the day by which it must be
    verified again, None when it never was. ``days_overdue``: whole days since it needed attention, 0 if not.
    ``servable``: False before ``valid_from`` (left out of search).
    """

    state: State
    reasons: tuple[str, ...]
    due: date | None
    days_overdue: int
    servable: bool = True
