"""What happened on search nodes, in an index of the cluster until the writer has it.

One shard: whoever sees a document there sees all that were sent before it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kb.cluster.client import Cluster
from kb.errors import ClusterConflict, ClusterMissing
from kb.ports.notes import Seen
from kb.ports.sharing import Delivery

#: documents that are read at once, of up to some hundred entries each
_AT_ONCE = 20
#: seconds: nobody waits for it
_PATIENCE = 10.0

_FIELDS = {
    "spool": {"type": "keyword"},
    "first": {"type": "long"},
    "entries": {"type": "object", "enabled": False},
}


class MailboxIndex:
    """Implements ``kb.ports.sharing.Mailbox``; ``prefix``: what the names of all our indexes begin with."""

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        self._cluster, self._name = cluster, f"{prefix}-events"

    def send(self, delivery: Delivery) -> None:
        """Leave it there; it takes the place of one that begins with the same entry."""
        self._cluster.make_index(self._name, _FIELDS)
        document = {"spool": delivery.spool, "first": delivery.first, "entries": delivery.entries}
        self._cluster.ask("PUT", self._address(delivery), document, _PATIENCE)

    def waiting(self) -> list[tuple[Delivery, Seen]]:
        """Some of what is there, of each spool the earliest first."""
        asked = {"sort": ["spool", "first"], "size": _AT_ONCE, "seq_no_primary_term": True}
        try:
            self._cluster.ask("POST", f"/{self._name}/_refresh", seconds=_PATIENCE)
            hits = self._cluster.ask("POST", f"/{self._name}/_search", asked, _PATIENCE)["hits"]["hits"]
        except ClusterMissing:  # nobody has sent anything yet
            return []
        return [(_delivery(hit["_source"]), (hit["_seq_no"], hit["_primary_term"])) for hit in hits]

    def remove(self, delivery: Delivery, seen: Seen) -> None:
        """Take it away, unless another one has taken its place since it was ``seen``."""
        with suppress(ClusterConflict, ClusterMissing):
            unless: dict[str, object] = {"if_seq_no": seen[0], "if_primary_term": seen[1]}
            self._cluster.tell("DELETE", self._address(delivery), None, _PATIENCE, **unless)

    def _address(self, delivery: Delivery) -> str:
        return f"/{self._name}/_doc/{delivery.spool}-{delivery.first}"


def _delivery(found: dict[str, Any]) -> Delivery:
    return Delivery(found["spool"], found["first"], tuple((kind, body) for kind, body in found["entries"]))
