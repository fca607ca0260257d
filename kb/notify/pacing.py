"""How fast a channel may be asked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence


class Pace:
    """At most so many messages in so many seconds, for each of ``rates``; ``clock`` counts seconds and never goes back.

    It counts what this process sends; where others send to the same robot, its own refusal is what holds them back.
    """

    def __init__(self, rates: Sequence[tuple[int, float]], clock: Callable[[], float] = time.monotonic) -> None:
        self._rates, self._clock = rates, clock
        self._sent: deque[float] = deque(maxlen=max(count for count, _ in rates))

    def delay(self) -> float:
        """Seconds until the next message is within all rates."""
        now = self._clock()
        waits = [self._sent[-count] + seconds - now for count, seconds in self._rates if len(self._sent) >= count]
        return max(0.0, *waits, 0.0)

    def sent(self) -> None:
        """One more was sent, or refused: that counts as well."""
        self._sent.append(self._clock())
