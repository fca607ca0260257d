"""The writer's side: what is served here compared with what is published, and what differs sent.

States are compared, never events replayed: whatever a killed writer has left half done, the next one completes. Rows
come first, then the head that tells nodes to look: a node that looks in between sees some rows early, none late.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kb.cluster.lease import Lease
from kb.errors import ClusterConflict
from kb.ports.notes import Seen
from kb.ports.sharing import Part, Row, Shared

HEAD = "head"
#: raised whenever rows say the same in another way: nodes of another format refuse to follow
FORMAT = 1
#: seconds for which a search node may be away and still be told what is no more
REMEMBERED = 24 * 3600.0
_FORGET_EVERY = 3600.0
_AT_ONCE = 500


class Publisher:
    """Publishes ``parts`` as long as ``lease`` holds; not thread-safe."""

    def __init__(self, shared: Shared, lease: Lease, parts: Sequence[Part]) -> None:
        self._shared, self._lease, self.parts = shared, lease, parts
        self._sure = False  # of ``_known``: kind -> key -> digest of what is published
        self._known: dict[str, dict[str, str]] = {}
        self._looked: dict[str, Mapping[str, str]] = {}
        self._head: dict[str, Any] = {}
        self._latest = 0  # version
        self._seen: Seen | None = None
        self._forgot = time.monotonic()

    def publish(self) -> bool:
        """Publish what has changed; whether anything had. Raises ClusterError, WriterElsewhere, StoreError."""
        self._lease.check()
        if not self._sure:
            self._look_up()
        try:
            return self._compare()
        except BaseException:
            self._sure = False  # some of it may be there by now
            raise

    def forget_gone(self, seconds: float) -> None:
        """Forget what is no more for longer than so many ``seconds``."""
        self._forgot = time.monotonic()
        since = round((time.time() - seconds) * 1000)
        self._move_head(since=since)  # first: who has not looked since then has to take everything anew
        self._shared.forget_gone(since)

    def _look_up(self) -> None:
        """Find out what is published."""
        self._shared.prepare()
        found = self._shared.note(HEAD)
        self._head = dict(found.body) if found else {"origin": secrets.token_hex(8), "version": 0, "since": 0}
        self._seen = found.seen if found else None
        known: dict[str, dict[str, str]] = {part.kind: {} for part in self.parts}
        for row in self._shared.present():
            known.setdefault(row.kind, {})[row.key] = row.digest
            self._latest = max(self._latest, row.version)  # a killed writer may have got further than the head
        self._known, self._looked, self._sure = known, {}, True

    def _compare(self) -> bool:
        wanted = {part.kind: part.digests() for part in self.parts}
        differing = [part for part in self.parts if self._looked.get(part.kind) is not wanted[part.kind]]
        changes = [
            (part, [key for key, digest in wanted[part.kind].items() if self._known[part.kind].get(key) != digest])
            for part in differing
        ]
        gone = [(part, self._known[part.kind].keys() - wanted[part.kind].keys()) for part in differing]
        changed = any(keys for _, keys in changes) or any(keys for _, keys in gone)
        if changed or self._seen is None:
            self._send(wanted, changes, gone)
        self._looked = wanted
        if time.monotonic() >= self._forgot + _FORGET_EVERY:
            self.forget_gone(REMEMBERED)
        return changed

    def _send(
        self,
        wanted: Mapping[str, Mapping[str, str]],
        changes: Sequence[tuple[Part, Sequence[str]]],
        gone: Sequence[tuple[Part, set[str]]],
    ) -> None:
        version = self._next_version()

        def rows() -> Iterator[Row]:
            for part, keys in changes:
                for start in range(0, len(keys), _AT_ONCE):
                    self._lease.check()
                    for key, body in part.bodies(keys[start : start + _AT_ONCE]):
                        yield Row(part.kind, key, version, wanted[part.kind][key], body)
            for part, lost in gone:
                yield from (Row(part.kind, key, version) for key in lost)

        self._shared.publish(rows())
        self._move_head(version=version)
        for part, keys in changes:
            self._known[part.kind].update((key, wanted[part.kind][key]) for key in keys)
        for part, lost in gone:
            for key in lost:
                del self._known[part.kind][key]

    def _next_version(self) -> int:
        """Later than all before: the time in milliseconds, whatever the clock says."""
        self._latest = max(self._latest + 1, self._head["version"] + 1, round(time.time() * 1000))
        return self._latest

    def _move_head(self, **changed: int) -> None:
        self._lease.check()
        body = {**self._head, "format": FORMAT, **changed}
        self._seen = self._shared.change(HEAD, body, self._seen)
        if self._seen is None:
            raise ClusterConflict("集群里的发布版本已被另一个写节点改动，本机这次没有发布。")
        self._head = body
