"""What must not be confirmed with many others at once: it needs somebody who reads it."""

from __future__ import annotations

from kb.model import SignalKind, State
from kb.review.queue import ReviewItem

#: so many articles at once somebody may still have looked at
MOST_AT_ONCE = 50
_ALARMING = frozenset({SignalKind.SENT_BACK, SignalKind.OUTDATED, SignalKind.CONTRADICTION})


def alarm(item: ReviewItem) -> str:
    """Why an item of the queue is left out of a bulk confirmation; ``""`` when it needs not be."""
    said = [signal.text for signal in item.signals if signal.kind in _ALARMING]
    if item.state is State.EXPIRED:
        said.insert(0, item.state.label)
    return f"没有批量确认：{'；'.join(said)}。请打开看过再单独确认。" if said else ""
