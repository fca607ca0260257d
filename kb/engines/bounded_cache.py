"""A bounded memory of arrays that were read from segments or computed from them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")

#: bytes that an entry takes besides its arrays
_OVERHEAD = 200


class BoundedCache(Generic[V]):
    """Least recently used values for something that never changes, bounded in bytes: ``size`` of each."""

    def __init__(self, limit: int, size: Callable[[V], int]) -> None:
        self._limit, self._size, self._used = limit, size, 0
        self._entries: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def put(self, key: Hashable, value: V) -> None:
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = value
            self._used += self._size(value) + _OVERHEAD
            while self._used > self._limit:
                self._used -= self._size(self._entries.popitem(last=False)[1]) + _OVERHEAD
