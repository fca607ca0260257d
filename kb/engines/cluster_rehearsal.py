"""Whether a cluster lets us do what the engine does: done once, with one document, under a name that goes again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from kb.cluster.client import Cluster
from kb.engines.opensearch_engine import OpenSearchEngine
from kb.errors import ClusterAway, ClusterError
from kb.ports.engine import TEXT_FIELDS, IndexDocument

#: per cent of a disk from which a cluster puts no more on it, unless it is told otherwise
_FULL = 85


@dataclass(frozen=True, slots=True)
class ClusterFound:
    """What a cluster is: ``version`` with its name; ``nodes`` that hold data, 0 when our user may not see that."""

    version: str
    nodes: int = 0


def look_at(cluster: Cluster) -> ClusterFound:
    """Who answers. Raises ClusterError when nobody does, when it doesn't suit, and when its disks are full."""
    version = cluster.ask("GET", "/")["version"]
    name = f"{version.get('distribution', 'elasticsearch')} {version['number']}"
    try:
        nodes = cluster.ask("GET", "/_cluster/health")["number_of_data_nodes"]
        disks = cluster.ask("GET", "/_cat/allocation", format="json", h="node,disk.percent")
    except ClusterAway:
        raise
    except ClusterError:  # only monitoring needs that right
        return ClusterFound(name)
    used = [int(disk["disk.percent"]) for disk in disks if disk["disk.percent"]]
    if used and min(used) >= _FULL:
        raise ClusterError(
            f"集群各节点的磁盘都已用掉 {_FULL}% 以上（最空的一台 {min(used)}%），放不下新的索引。请先清理磁盘或加节点。"
        )
    return ClusterFound(name, nodes)


def rehearse(cluster: Cluster, prefix: str, shards: int) -> None:
    """Build, search, change and remove an index as the engine does. Raises ClusterError naming what is not allowed."""
    name = f"{prefix}-rehearsal"
    engine = OpenSearchEngine(cluster, name, shards)
    try:
        _remove(cluster, name)  # what a killed process left
        engine.rebuild([IndexDocument("rehearsal", "1", dict.fromkeys(TEXT_FIELDS, "演练"), {})], "rehearsal")
        with engine.batch() as batch:
            batch.delete("rehearsal")
    except BaseException:
        with suppress(ClusterError):
            _remove(cluster, name)
        raise
    _remove(cluster, name)


def _remove(cluster: Cluster, name: str) -> None:
    for index in cluster.ask("GET", f"/{name}-*/_mapping"):
        cluster.tell("DELETE", f"/{index}")
