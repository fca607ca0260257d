"""PORT notes: documents by name that several machines change, none over what another one wrote meanwhile.

``kb.cluster.notes`` implements it. Every call may raise ClusterError (ClusterAway while nobody answers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

#: which version of a document somebody has seen; only whoever has seen the latest may change it
Seen = tuple[int, int]
#: what a document says, as JSON
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Noted:
    """A document and which version of it this is."""

    body: Body
    seen: Seen


class Notes(Protocol):
    """The documents."""

    def prepare(self) -> None:
        """Make the place for them, if there is none."""

    def note(self, name: str) -> Noted | None:
        """A document, as it is at this moment."""

    def change(self, name: str, body: Body, seen: Seen | None) -> Seen | None:
        """Write it if nobody has since ``seen`` (None: if there is none); None when somebody has."""
