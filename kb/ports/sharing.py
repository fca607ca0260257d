"""PORT sharing: what one writer publishes to any number of search nodes. ``kb.sharing`` implements it in OpenSearch.

What is published are rows: one per thing that is served (an article, a session, the FAQ ranking …), each whole by
itself. Every call may raise ClusterError (ClusterAway while nobody answers).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kb.ports.notes import Body, Notes, Seen


@dataclass(frozen=True, slots=True)
class Row:
    """A thing of some ``kind``, as it is since ``version``; ``body`` is None when it is no more.

    Two rows with the same ``digest`` say the same.
    """

    kind: str
    key: str
    version: int
    digest: str = ""
    body: Body | None = None


class Shared(Notes, Protocol):
    """What all nodes share: rows, and notes about them."""

    def publish(self, rows: Iterable[Row]) -> None:
        """Write rows; everybody sees them afterwards. Raises ClusterConflict where there is a later version."""

    def present(self) -> Iterator[Row]:
        """Every row of what there is, without its body."""

    def rows(self, after: int) -> Iterator[Row]:
        """The rows with later versions than ``after``, the earliest first."""

    def forget_gone(self, before: int) -> None:
        """Forget what is no more since earlier versions than ``before``."""


class Part(Protocol):
    """One kind of things that are published: where they come from on the writer, and go to on a search node."""

    kind: str

    def digests(self) -> Mapping[str, str]:
        """key -> digest of what there is now. The same object as before: nothing has changed."""

    def bodies(self, keys: Collection[str]) -> Iterator[tuple[str, Body]]:
        """(key, body) of those that there are."""

    def clear(self) -> None:
        """Forget all; ``take_over`` follows in the same transaction."""

    def take_over(self, rows: Sequence[Row]) -> None:
        """Have what ``rows`` say."""


#: what happened on a search node: (kind, row)
Entry = tuple[str, Body]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Entries of one spool, numbered without gaps from ``first``."""

    spool: str
    first: int
    entries: tuple[Entry, ...]

    @property
    def last(self) -> int:
        """The number of the last one."""
        return self.first + len(self.entries) - 1


class Mailbox(Protocol):
    """Where search nodes leave what happened, and the writer takes it from. Raises as ``Shared`` does."""

    def send(self, delivery: Delivery) -> None:
        """Leave it there; it takes the place of one that begins with the same entry. Done when this returns."""

    def waiting(self) -> list[tuple[Delivery, Seen]]:
        """Some of what is there, of each spool the earliest first. Nothing is there before what was sent before it."""

    def remove(self, delivery: Delivery, seen: Seen) -> None:
        """Take it away, unless another one has taken its place since it was ``seen``."""
