"""Python's garbage collector, out of the way of work that makes millions of small objects; and memory given back."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress


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


def keep_for_now() -> None:
    """What is loaded by now is not looked through until ``keep_for_good``: of a server's start nothing is garbage, and
    the first look through it all takes an eighth of the time to the first answer (measured).
    """
    gc.freeze()


def keep_for_good() -> None:
    """What is loaded by now stays: it is no longer looked through. A pass over a big heap stops all threads for a
    while, which eight searchers at once wait for (docs/benchmarks.md).
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Let the machine have what big builds have left free: glibc keeps 55 of 94 MB (measured)."""
    with suppress(OSError, AttributeError):  # glibc only
        ctypes.CDLL("libc.so.6").malloc_trim(0)
