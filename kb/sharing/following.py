"""A search node's side: what is published since one looked last, taken over into the copy that it serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Protocol

from kb.errors import ClusterError, NothingPublished
from kb.ports.sharing import Part, Row, Shared
from kb.sharing.publishing import FORMAT, HEAD
from kb.usecases.spooling import spooled

_AT_ONCE = 500


class Position(Protocol):
    """How far the copy is; ``("", 0)``: nowhere. Kept beside it, so that both are always of the same moment."""

    def get(self) -> tuple[str, int]:
        """(origin, version) of what was taken over last."""

    def move(self, origin: str, version: int) -> None:
        """Remember what was taken over."""


class Follower:
    """Keeps ``parts`` equal to what is published. ``together``: a block whose writes are one transaction."""

    def __init__(
        self,
        shared: Shared,
        parts: Sequence[Part],
        position: Position,
        together: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._shared, self._parts, self._position, self._together = shared, parts, position, together

    def follow(self) -> frozenset[str]:
        """Take over what is published; return the kinds of which something was.

        Raises ClusterError, NothingPublished, StoreError; the copy is then what it was.
        """
        head = self._shared.note(HEAD)
        if head is None:
            raise NothingPublished("集群里还没有发布过知识：请先启动写节点（kb serve --role writer）。")
        if head.body["format"] != FORMAT:
            raise ClusterError(
                f"写节点发布的格式是 {head.body['format']}，本程序认识的是 {FORMAT}，没有更新；请让两边用同一个版本。"
            )
        origin, version = self._position.get()
        latest = (str(head.body["origin"]), int(head.body["version"]))
        if (origin, version) == latest:
            return frozenset()
        # of what is no more, only the latest is known: who comes from before that begins anew
        anew = origin != latest[0] or not head.body["since"] <= version <= latest[1]
        with spooled(self._shared.rows(0 if anew else version)) as rows, self._together():
            changed = self._take_over(rows, anew)
            self._position.move(*latest)
        return changed

    def _take_over(self, rows: Iterator[Row], anew: bool) -> frozenset[str]:
        changed = {part.kind for part in self._parts} if anew else set()
        if anew:
            for part in self._parts:
                part.clear()
        for some in _bundles(rows):
            for part in self._parts:
                if own := [row for row in some if row.kind == part.kind]:
                    part.take_over(own)
                    changed.add(part.kind)
        return frozenset(changed)


def _bundles(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while some := list(islice(source, _AT_ONCE)):
        yield some
