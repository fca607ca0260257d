"""Values that are expensive to make and wanted by several threads, or by nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def once(make: Callable[[], T]) -> Callable[[], T]:
    """A function that calls ``make`` at its first call and gives everybody the same result; others wait meanwhile."""
    lock = threading.Lock()
    made: list[T] = []
    pending = [make]

    def get() -> T:
        if not made:
            with lock:
                if not made:
                    made.append(pending[0]())
                    pending.clear()  # and with it all that it was made from
        return made[0]

    return get
