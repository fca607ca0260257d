"""How long work reports its progress: things pass through a function that may draw a bar on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

#: (things, how many, what is being done) -> the same things
Progress = Callable[[Iterable[Any], int, str], Iterable[Any]]


def silent(things: Iterable[Any], total: int, what: str) -> Iterable[Any]:
    """Report nothing."""
    return things
