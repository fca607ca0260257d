"""Who computes: one at a time, and nobody has to wait for one that waits itself.

A thread lets go of the interpreter at every array and file, and what it had in the processor's caches is gone when its
turn comes again: eight searches at once take up to twice as long as one by one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turn:
    """A block that one thread at a time is in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = threading.local()

    def __enter__(self) -> None:
        self._lock.acquire()
        self._held.here = True

    def __exit__(self, *_: object) -> None:
        self._held.here = False
        self._lock.release()

    @contextmanager
    def let_go(self) -> Iterator[None]:
        """Let others have it while this thread waits for something, if it has it."""
        if not getattr(self._held, "here", False):
            yield
            return
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()


#: of all searches of this process
SEARCHING = Turn()
