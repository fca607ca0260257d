"""What nodes share, in one small index of the cluster: rows that the writer publishes, and notes about them.

Rows keep the version that they were published with as that of the document, so a writer that has slept through its
own replacement can't put an older row in the place of a later one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

from kb.cluster.client import Cluster, Operation
from kb.cluster.notes import NotesIndex
from kb.cluster.pages import all_found, refresh
from kb.ports.sharing import Row

#: rows of a page, and where they come without their bodies: choosing one costs as much as there are rows to choose from
_PAGE, _HEADS = 200, 5_000

_FIELDS = {
    "name": {"type": "keyword"},
    "kind": {"type": "keyword"},
    "version": {"type": "long"},
    "gone": {"type": "boolean"},
    "key": {"type": "keyword", "index": False, "doc_values": False},
    "digest": {"type": "keyword", "index": False, "doc_values": False},
}


class SharedIndex(NotesIndex):
    """Implements ``kb.ports.sharing.Shared``; ``prefix``: what the names of all our indexes begin with."""

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        super().__init__(cluster, f"{prefix}-shared", _FIELDS)

    def publish(self, rows: Iterable[Row]) -> None:
        """Write rows; everybody sees them afterwards. Raises ClusterConflict where there is a later version."""
        self._cluster.bulk(map(self._operation, rows))
        refresh(self._cluster, self._name)

    def present(self) -> Iterator[Row]:
        """Every row of what there is, without its body."""
        wanted, fields = {"term": {"gone": False}}, ["kind", "key", "version", "digest"]
        for found in all_found(self._cluster, self._name, wanted, ["name"], fields, _HEADS):
            yield Row(found["kind"], found["key"], found["version"], found["digest"])

    def rows(self, after: int) -> Iterator[Row]:
        """The rows with later versions than ``after``, the earliest first: what changes meanwhile comes later."""
        wanted = {"range": {"version": {"gt": after}}}
        for found in all_found(self._cluster, self._name, wanted, ["version", "name"], True, _PAGE):
            body = None if found["gone"] else found["body"]
            yield Row(found["kind"], found["key"], found["version"], found["digest"], body)

    def forget_gone(self, before: int) -> None:
        """Forget what is no more since earlier versions than ``before``."""
        wanted = {"bool": {"filter": [{"term": {"gone": True}}, {"range": {"version": {"lt": before}}}]}}
        self._cluster.tell("POST", f"/{self._name}/_delete_by_query", {"query": wanted}, conflicts="proceed")

    def _operation(self, row: Row) -> Operation:
        name = _name(row)
        what = {"_index": self._name, "_id": name, "version": row.version, "version_type": "external_gte"}
        document = {
            "name": name,
            "kind": row.kind,
            "key": row.key,
            "version": row.version,
            "digest": row.digest,
            "gone": row.body is None,
        }
        return {"index": what}, document if row.body is None else {**document, "body": row.body}


def _name(row: Row) -> str:
    """Of the document: keys are of any length and in any script, names of documents are not."""
    return hashlib.sha256(json.dumps([row.kind, row.key]).encode()).hexdigest()
