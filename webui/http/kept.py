"""What was made for one caller and is the same for the next, kept within a limit of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from typing import Generic, TypeVar

T = TypeVar("T", bound=Sized)

#: bytes that an entry takes beside its content: key and objects around it
OVERHEAD = 1000


class Kept(Generic[T]):
    """Things by what they follow from, the least used leave when all are larger than ``most``. Thread-safe.

    ``unit``: bytes that one of a thing's ``len`` takes. A key has to name everything that its thing depends on,
    therefore also who may see it.
    """

    def __init__(self, most: int, unit: int = 1) -> None:
        self._most, self._unit = most, unit
        self._things: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``key`` stands for, made now if it is not here. Two threads may make it at once."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
        thing = make()
        with self._lock:
            self._forget(key)
            self._things[key] = thing
            self.bytes += self._cost(thing)
            while self.bytes > self._most:
                self._forget(next(iter(self._things)))
        return thing

    def _forget(self, key: Hashable) -> None:
        if key in self._things:
            self.bytes -= self._cost(self._things.pop(key))

    def _cost(self, thing: T) -> int:
        return len(thing) * self._unit + OVERHEAD
