"""A bounded memory of posting lists that were read from segments."""

from __future__ import annotations

import threading
from collections import OrderedDict

from kb.engines.scoring import Postings


class PostingsCache:
    """Least recently used posting lists of something that never changes, bounded in bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._entries: OrderedDict[tuple[str, ...], Postings] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> Postings | None:
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def put(self, key: tuple[str, ...], postings: Postings) -> None:
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = postings
            self._used += _size(postings)
            while self._used > self._limit:
                self._used -= _size(self._entries.popitem(last=False)[1])


def _size(postings: Postings) -> int:
    return int(postings[0].nbytes + postings[1].nbytes) + 200
