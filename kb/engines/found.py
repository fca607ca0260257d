"""What an index is asked for and what it finds: tokens to look for, documents best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.engines.forward import Numbers


class Wanted(NamedTuple):
    """A token to look for in a field, and what it is worth."""

    field: str
    token: str
    weight: float


@dataclass(frozen=True, slots=True)
class Found:
    """Documents, best first, as parallel sequences."""

    numbers: Numbers
    scores: NDArray[np.float64]
    addresses: Sequence[Any]

    def __len__(self) -> int:
        return len(self.addresses)

    @classmethod
    def nothing(cls) -> Found:
        """No documents."""
        return cls(np.zeros(0, np.int64), np.zeros(0), [])

    @classmethod
    def joined(cls, parts: Sequence[Found]) -> Found:
        """All of ``parts``, one after the other."""
        return cls(
            np.concatenate([part.numbers for part in parts]),
            np.concatenate([part.scores for part in parts]),
            [address for part in parts for address in part.addresses],
        )

    def at(self, places: slice | NDArray[np.intp]) -> Found:
        """Some of them."""
        if isinstance(places, slice):
            return Found(self.numbers[places], self.scores[places], self.addresses[places])
        return Found(self.numbers[places], self.scores[places], [self.addresses[place] for place in places.tolist()])
