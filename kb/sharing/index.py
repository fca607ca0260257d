"""What nodes share, in one small index of the cluster: rows that the writer publishes, and notes by name.

Rows keep the version that they were published with as that of the document, so a writer that has slept through its
own replacement can't put an older row in the place of a later one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from kb.cluster.client import Cluster, Operation
from kb.errors import ClusterConflict, ClusterMissing
from kb.ports.sharing import Body, Noted, Row, Seen

#: rows of a page, and where they come without their bodies: choosing one costs as much as there are rows to choose from
_PAGE, _HEADS = 200, 5_000
#: rows of a house of 100,000 articles come in some hundred pages, nobody waits for one of them
_PAGE_SECONDS = 20.0
#: well below what a lease lasts
_NOTE_SECONDS = 5.0

_INDEX = {
    "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": "1s"},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "name": {"type": "keyword"},
            "kind": {"type": "keyword"},
            "version": {"type": "long"},
            "gone": {"type": "boolean"},
            "key": {"type": "keyword", "index": False, "doc_values": False},
            "digest": {"type": "keyword", "index": False, "doc_values": False},
            "body": {"type": "object", "enabled": False},
        },
    },
}


class SharedIndex:
    """Implements ``kb.ports.sharing.Shared``; ``prefix``: what the names of all our indexes begin with."""

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        self._cluster, self._name = cluster, f"{prefix}-shared"

    def prepare(self) -> None:
        """Make the index, if there is none."""
        self._cluster.make_index(self._name, _INDEX)

    def note(self, name: str) -> Noted | None:
        """A note, as it is at this moment."""
        try:
            found = self._cluster.ask("GET", self._address(name))
        except ClusterMissing:
            return None
        return Noted(found["_source"]["body"], (found["_seq_no"], found["_primary_term"]))

    def change(self, name: str, body: Body, seen: Seen | None) -> Seen | None:
        """Write a note if nobody has since ``seen``."""
        unless: dict[str, object] = {"op_type": "create"}
        if seen is not None:
            unless = {"if_seq_no": seen[0], "if_primary_term": seen[1]}
        try:
            done = self._cluster.tell("PUT", self._address(name), {"body": body}, _NOTE_SECONDS, **unless)
        except ClusterConflict:
            return None
        return done["_seq_no"], done["_primary_term"]

    def publish(self, rows: Iterable[Row]) -> None:
        """Write rows; everybody sees them afterwards. Raises ClusterConflict where there is a later version."""
        self._cluster.bulk(map(self._operation, rows))
        self._refresh()

    def present(self) -> Iterator[Row]:
        """Every row of what there is, without its body."""
        for found in self._all({"term": {"gone": False}}, ["name"], ["kind", "key", "version", "digest"], _HEADS):
            yield Row(found["kind"], found["key"], found["version"], found["digest"])

    def rows(self, after: int) -> Iterator[Row]:
        """The rows with later versions than ``after``, the earliest first: what changes meanwhile comes later."""
        for found in self._all({"range": {"version": {"gt": after}}}, ["version", "name"], True):
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

    def _all(
        self, query: Mapping[str, Any], order: list[str], fields: object, page: int = _PAGE
    ) -> Iterator[dict[str, Any]]:
        """Everything that a query finds, page by page."""
        asked: dict[str, Any] = {"query": query, "sort": order, "_source": fields, "size": page}
        asked["track_total_hits"] = False
        while True:
            hits = self._cluster.ask("POST", f"/{self._name}/_search", asked, _PAGE_SECONDS)["hits"]["hits"]
            yield from (hit["_source"] for hit in hits)
            if len(hits) < page:
                return
            asked["search_after"] = hits[-1]["sort"]

    def _refresh(self) -> None:
        self._cluster.ask("POST", f"/{self._name}/_refresh", seconds=_PAGE_SECONDS)

    def _address(self, name: str) -> str:
        return f"/{self._name}/_doc/{quote(name, safe='')}"


def _name(row: Row) -> str:
    """Of the document: keys are of any length and in any script, names of documents are not."""
    return hashlib.sha256(json.dumps([row.kind, row.key]).encode()).hexdigest()
