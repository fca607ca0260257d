"""Python's garbage collector, out of the way of work that makes millions of small objects."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """For objects without a single cycle: looking for cycles among them takes a sixth of the time (measured)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def keep_for_good() -> None:
    """What is loaded by now stays: it is no longer looked through. A pass over a big heap stops all threads for a
    while, which eight searchers at once wait for (docs/benchmarks.md).
    """
    gc.collect()
    gc.freeze()
