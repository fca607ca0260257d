"""The SearchEngine adapter on an OpenSearch cluster, which keeps what the embedded engines keep in files.

The cluster holds documents and posting lists, on as many machines as it has; scores are computed here, from lists that
are kept in memory, by the view that all engines share (``kb.engines.view``), so that answers are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePath

from kb.cluster.client import WRITE_SECONDS, Cluster
from kb.engines.cluster_documents import FORMAT_VERSION
from kb.engines.cluster_generations import ClusterGenerations
from kb.engines.cluster_index import ClusterIndex
from kb.engines.generational import GenerationalEngine
from kb.engines.view import View
from kb.errors import ClusterMissing
from kb.ports.engine import EngineQuery, EngineResult, IndexDocument


class OpenSearchEngine(GenerationalEngine):
    """Indexes of ``cluster`` whose names begin with ``prefix``, of ``shards`` shards; ``lock_timeout`` in seconds."""

    name = "opensearch"
    library = None
    format = FORMAT_VERSION
    # a server looks in the background, so that nobody who asks has to wait for a cluster that doesn't answer
    refresh_seconds, look_seconds = 5.0, 0.4

    def __init__(self, cluster: Cluster, prefix: str, shards: int = 1, lock_timeout: float = 20.0) -> None:
        super().__init__(ClusterGenerations(cluster, prefix, shards, lock_timeout))
        self._cluster = cluster

    def search(self, query: EngineQuery) -> EngineResult:
        try:
            return super().search(query)
        except ClusterMissing:  # two generations came since the last look, and ours has gone
            self._looked = 0.0
            return super().search(query)

    def close(self) -> None:
        super().close()
        self._cluster.close()

    def _open(self, path: PurePath) -> View:
        return View.latest(path, ClusterIndex(self._cluster, path.name))

    def _open_new(self, path: PurePath) -> View:
        return View.latest(path, ClusterIndex(self._cluster, path.name, WRITE_SECONDS))  # nobody waits for it

    def _write(self, path: PurePath, documents: Iterator[IndexDocument], deleted_ids: Collection[str]) -> None:
        ClusterIndex(self._cluster, path.name).change(documents, deleted_ids)

    def _build(self, path: PurePath, documents: Iterable[IndexDocument]) -> None:
        ClusterIndex(self._cluster, path.name).fill(documents)
