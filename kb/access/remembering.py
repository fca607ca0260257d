"""What was looked up a moment ago, so that not every request reads the database."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

#: what is ended in another process still holds for so long
AT_MOST = timedelta(seconds=2)
_ENTRIES = 4096


class Remembered(Generic[T]):
    """Things by key, each for ``AT_MOST``; thread-safe."""

    def __init__(self) -> None:
        self._things: dict[str, tuple[datetime, T]] = {}
        self._lock = threading.Lock()

    def get(self, key: str, now: datetime) -> T | None:
        """The thing, if it was put here less than ``AT_MOST`` ago."""
        with self._lock:
            since, thing = self._things.get(key, (None, None))
        return thing if since is not None and since <= now < since + AT_MOST else None

    def put(self, key: str, thing: T, now: datetime) -> None:
        """Remember it from now on."""
        with self._lock:
            if len(self._things) >= _ENTRIES:
                self._things.clear()
            self._things[key] = (now, thing)

    def forget(self) -> None:
        """Look everything up anew."""
        with self._lock:
            self._things.clear()
