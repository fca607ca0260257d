"""Generations of an index on a cluster: built aside, swapped by moving two aliases in one step, the previous one kept.

::

    zhida-read, zhida-write   aliases of the generation that serves
    zhida-000007-k3f9         an index; what ``publish`` recorded of it is in ``_meta`` of its mapping
    zhida-locks               the lease of the one writer

What a killed process was building is swept by the next writer.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath
from typing import Any

from kb.cluster.client import WRITE_SECONDS, Cluster
from kb.cluster.lease import Lease
from kb.cluster.notes import NotesIndex
from kb.engines.cluster_documents import layout
from kb.errors import ClusterError, ClusterMissing, EngineError, IndexCorrupt, IndexLocked, IndexMissing

#: seconds after which the writer that was not heard of has gone
_LAPSES = 4.0


class ClusterGenerations:
    """The generations whose names begin with ``prefix``; ``lock_timeout`` is in seconds. See ``Generations``."""

    def __init__(self, cluster: Cluster, prefix: str, shards: int, lock_timeout: float) -> None:
        self._cluster, self._prefix, self._shards = cluster, prefix, shards
        self._locks, self._lock_timeout = NotesIndex(cluster, f"{prefix}-locks"), lock_timeout
        self._read, self._write = f"{prefix}-read", f"{prefix}-write"
        self._lease: Lease  # of whoever is within ``writing()``
        self._replaced: str | None = None  # what ``create`` found serving
        self._metas: dict[str, dict[str, str]] = {}

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer; IndexLocked when another process stays it for longer than the timeout."""
        lease = Lease(self._locks, "writer", secrets.token_hex(8), _LAPSES, self._refusal)
        with lease.held(self._lock_timeout):
            self._lease = lease
            yield

    def current(self) -> PurePath:
        """The index that serves; IndexMissing before the first build, IndexCorrupt when the alias points nowhere."""
        try:
            found = sorted(self._cluster.ask("GET", f"/{self._prefix}-*/_alias/{self._read}"))
        except ClusterMissing:
            found = []
        if len(found) == 1:
            return PurePath(found[0])
        if found:
            raise IndexCorrupt(
                f"集群上的别名 {self._read} 同时指向 {'、'.join(found)}，不知道用哪一个；请执行 kb index --rebuild。"
            )
        if any(self._published(meta) for meta in self._all().values()):
            raise IndexCorrupt(
                f"集群上有已建好的索引，但别名 {self._read} 没有指向其中任何一个；请执行 kb index --rebuild。"
            )
        raise IndexMissing("还没有建立索引，请先执行 kb index。")

    def create(self) -> PurePath:
        """A new empty index, later than all others by name. Call within ``writing()``."""
        self._replaced = self._current_or_none()
        self._sweep()
        last = max((int(name.split("-")[-2]) for name in self._all()), default=0)
        name = f"{self._prefix}-{last + 1:06d}-{secrets.token_hex(2)}"
        self._cluster.tell("PUT", f"/{name}", layout(self._shards), wait_for_active_shards=1)
        return PurePath(name)

    def publish(self, path: PurePath, meta: dict[str, str]) -> None:
        """Make ``path`` the one that serves. Call within ``writing()``, after ``create``.

        Raises IndexLocked where another process has made another one serve since: whoever stood still for longer than
        the lease lasts can't know that before it asks.
        """
        self._record(path.name, {**meta, "previous": self._replaced or ""})
        self._still_ours()
        self._point_at(path.name, self._replaced)
        self._sweep()

    def roll_back(self, engine: str) -> PurePath:
        """Point back at the index that served before. Call within ``writing()``."""
        current = self.current()
        name = self.meta(current).get("previous", "")
        meta = self._all().get(name, {}) if name else {}
        if meta.get("engine") != engine:
            raise IndexMissing("没有可以退回的上一代索引。")
        self._still_ours()
        self._point_at(name, current.name)
        return PurePath(name)

    def discard(self, path: PurePath) -> None:
        """Remove a generation that failed; not one that serves although nobody said so in time."""
        with suppress(ClusterError):  # the next writer sweeps
            if self._current_or_none() != path.name:
                self._cluster.tell("DELETE", f"/{path.name}")

    def meta(self, path: PurePath) -> dict[str, str]:
        """What ``publish`` recorded, which never changes."""
        if path.name not in self._metas:
            meta = self._all().get(path.name, {})
            if not self._published(meta):
                raise IndexCorrupt(f"集群上的索引 {path.name} 没有说明是怎么建的，请执行 kb index --rebuild。")
            self._metas = {path.name: meta}
        return self._metas[path.name]

    def _still_ours(self) -> None:
        """Raises IndexLocked when another process writes by now, because this one stood still."""
        try:
            self._lease.renew()
        except IndexLocked as taken:
            raise IndexLocked("这个进程停顿太久，写入权已被另一个进程接管，这次没有写入。请重新执行。") from taken

    def _refusal(self, _holder: str) -> IndexLocked:
        return IndexLocked(
            f"索引正被另一个进程写入，等了 {self._lock_timeout:g} 秒仍未释放。"
            "请等它结束后重试；它若已被强行结束，几秒后会自动释放。"
        )

    def _record(self, name: str, meta: dict[str, str]) -> None:
        self._cluster.ask("PUT", f"/{name}/_mapping", {"_meta": meta}, WRITE_SECONDS)

    def _point_at(self, name: str, replaced: str | None) -> None:
        """Move both aliases in one step, if what serves is still ``replaced``; None: whatever they point at."""
        removed: list[Any] = [
            {"remove": {"index": f"{self._prefix}-*", "alias": alias, "must_exist": False}}
            for alias in (self._read, self._write)
        ]
        if replaced is not None:
            removed[0] = {"remove": {"index": replaced, "alias": self._read, "must_exist": True}}
        added = [
            {"add": {"index": name, "alias": self._read}},
            {"add": {"index": name, "alias": self._write, "is_write_index": True}},
        ]
        try:
            self._cluster.ask("POST", "/_aliases", {"actions": [*removed, *added]}, WRITE_SECONDS)
        except ClusterMissing as error:
            serving = self._current_or_none()
            if serving != name:  # else it was heard the first time
                raise IndexLocked(
                    f"索引刚被另一个进程换成 {serving or '别的'}，这次重建的没有启用。请重新执行。"
                ) from error

    def _current_or_none(self) -> str | None:
        try:
            return self.current().name
        except (IndexMissing, IndexCorrupt):
            return None

    def _all(self) -> dict[str, dict[str, str]]:
        """What is recorded of every generation, by the name of its index."""
        found = self._cluster.ask(
            "GET", f"/{self._prefix}-*/_mapping", filter_path="*.mappings._meta,*.mappings.dynamic"
        )
        name = re.compile(re.escape(self._prefix) + r"-\d{6,}-[0-9a-f]{4}")
        return {index: found[index]["mappings"].get("_meta", {}) for index in sorted(found) if name.fullmatch(index)}

    @staticmethod
    def _published(meta: dict[str, str]) -> bool:
        return bool(meta.get("engine"))

    def _sweep(self) -> None:
        """Remove what neither serves nor served just before."""
        current = self._current_or_none()
        if current is None:
            return
        generations = self._all()
        keep = {current, generations.get(current, {}).get("previous", "")}
        for name in generations:
            if name not in keep:
                with suppress(EngineError):
                    self._cluster.tell("DELETE", f"/{name}")
