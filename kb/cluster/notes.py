"""Documents by name in a small index of the cluster, changed only by whoever has seen what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from kb.cluster.client import Cluster
from kb.errors import ClusterConflict, ClusterMissing
from kb.ports.notes import Body, Noted, Seen

#: seconds; below what any lease lasts, so that its holder has another try
_PATIENCE = 3.0


class NotesIndex:
    """Implements ``kb.ports.notes.Notes`` in the index called ``name``; ``fields``: its mapping, if it has others."""

    def __init__(self, cluster: Cluster, name: str, fields: Mapping[str, Any] | None = None) -> None:
        self._cluster, self._name = cluster, name
        self._fields = {**(fields or {}), "body": {"type": "object", "enabled": False}}

    def prepare(self) -> None:
        """Make the index, if there is none."""
        self._cluster.make_index(self._name, self._fields)

    def note(self, name: str) -> Noted | None:
        """A document, as it is at this moment."""
        try:
            found = self._cluster.ask("GET", self._address(name))
        except ClusterMissing:
            return None
        return Noted(found["_source"]["body"], (found["_seq_no"], found["_primary_term"]))

    def change(self, name: str, body: Body, seen: Seen | None) -> Seen | None:
        """Write a document if nobody has since ``seen``."""
        unless: dict[str, object] = {"op_type": "create"}
        if seen is not None:
            unless = {"if_seq_no": seen[0], "if_primary_term": seen[1]}
        try:
            done = self._cluster.tell("PUT", self._address(name), {"body": body}, _PATIENCE, **unless)
        except ClusterConflict:
            return None
        return done["_seq_no"], done["_primary_term"]

    def _address(self, name: str) -> str:
        return f"/{self._name}/_doc/{quote(name, safe='')}"
