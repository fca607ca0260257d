"""One at a time across machines: a document that its holder keeps changing, and that lapses when nobody does."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kb.cluster.client import Cluster
from kb.errors import ClusterConflict, ClusterError, ClusterMissing

#: A holder that was not heard of for so many seconds has gone; it tells every second that it is there.
LAPSE_SECONDS = 4.0
_BEAT_SECONDS = 1.0
_LOOK_SECONDS = 0.1

_SETTINGS = {
    "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1"},
    "mappings": {"dynamic": False},
}


class Held:
    """What its holder asks before a step that nobody else may take at the same time."""

    def __init__(self) -> None:
        self.lost = False

    def check(self) -> None:
        """Raises ClusterConflict when somebody else holds it by now, because this process stood still."""
        if self.lost:
            raise ClusterConflict("这个进程停顿太久，写入权已被另一个进程接管，这次没有写入。请重新执行。")


class Lease:
    """The lease called ``name``, kept in ``index``.

    No clock is compared with another: who waits watches for LAPSE_SECONDS whether the document changes.
    """

    def __init__(self, cluster: Cluster, index: str, name: str) -> None:
        self._cluster, self._index, self._path = cluster, index, f"/{index}/_doc/{name}"

    @contextmanager
    def hold(self, seconds: float) -> Iterator[Held | None]:
        """Be the one who holds it, after at most ``seconds`` of waiting; None: somebody else stays it."""
        holder = secrets.token_hex(8)
        place = self._taken(holder, seconds)
        if place is None:
            yield None
            return
        held, ended = Held(), threading.Event()
        thread = threading.Thread(target=self._beat, args=(holder, place, held, ended), name="lease", daemon=True)
        thread.start()
        try:
            yield held
        finally:
            ended.set()
            thread.join()
            with suppress(ClusterError):  # then it lapses
                self._cluster.tell("DELETE", self._path, **place)

    def _taken(self, holder: str, seconds: float) -> dict[str, Any] | None:
        until, mine = time.monotonic() + seconds, {"holder": holder}
        seen, since = None, time.monotonic()
        while True:
            found = self._found()
            with suppress(ClusterConflict):
                if found is None:
                    return _place(self._cluster.tell("PUT", self._path, mine, op_type="create"))
                if found != seen:
                    seen, since = found, time.monotonic()
                elif time.monotonic() - since > LAPSE_SECONDS:
                    return _place(self._cluster.tell("PUT", self._path, mine, **found))
            if time.monotonic() >= until:
                return None
            time.sleep(_LOOK_SECONDS)

    def _found(self) -> dict[str, Any] | None:
        """Which version of the document there is."""
        try:
            return _place(self._cluster.ask("GET", self._path))
        except ClusterMissing:
            self._cluster.make_index(self._index, _SETTINGS)
            return None

    def _beat(self, holder: str, place: dict[str, Any], held: Held, ended: threading.Event) -> None:
        """Keep changing the document; ``place`` follows."""
        while not ended.wait(_BEAT_SECONDS):
            beat = {"holder": holder, "beat": secrets.token_hex(4)}
            try:
                place.update(_place(self._cluster.tell("PUT", self._path, beat, LAPSE_SECONDS, **place)))
            except ClusterConflict:
                held.lost = not self._is_ours(holder, place)
            except ClusterError:
                continue  # the next one may come through
            if held.lost:
                return

    def _is_ours(self, holder: str, place: dict[str, Any]) -> bool:
        """Whether it was changed by ourselves, by a request that was not answered in time."""
        try:
            answer = self._cluster.ask("GET", self._path)
        except ClusterMissing:
            return False
        except ClusterError:
            return True  # the next look will tell
        if answer["_source"]["holder"] != holder:
            return False
        place.update(_place(answer))
        return True


def _place(answer: dict[str, Any]) -> dict[str, Any]:
    """The version of a document, as parameters of a request that must find it there."""
    return {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}
