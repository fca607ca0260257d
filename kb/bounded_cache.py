"""What is dear to make and never changes, kept in memory within a limit of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[V]):
    """Values by key; the least recently used leave when all of them together are larger than ``limit`` bytes.

    ``size`` tells how many bytes one takes, with its key and all that is around it. A key has to name everything that
    its value follows from, therefore also who may see it. Thread-safe.
    """

    def __init__(self, limit: int, size: Callable[[V], int]) -> None:
        self._limit, self._size, self.used = limit, size, 0
        self._entries: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of ``key``, made now if it is not here. Two threads may make it at once."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
                return found
        return self.put(key, make())

    def get_all(self, keys: Sequence[K], make: Callable[[K], V]) -> list[V]:
        """As ``get`` for each of ``keys``, in their order."""
        with self._lock:
            found = [self._entries.get(key) for key in keys]
            for key, value in zip(keys, found, strict=True):
                if value is not None:
                    self._entries.move_to_end(key)
        return [self.put(key, make(key)) if value is None else value for key, value in zip(keys, found, strict=True)]

    def put(self, key: Hashable, made: V) -> V:
        """Keep ``made``, unless there is a value already; returns ``made``."""
        with self._lock:
            if key not in self._entries:
                self._entries[key] = made
                self.used += self._size(made)
            while self.used > self._limit:
                self.used -= self._size(self._entries.popitem(last=False)[1])
        return made

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._entries
