"""What of the catalog has changed since somebody looked last: for what is kept in memory of every article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.model import ArticleRecord
from kb.ports.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Changes:
    """``gone``: ids to forget; ``renewed``: drafts and published articles that are new or not what they were."""

    gone: frozenset[str]
    renewed: tuple[ArticleRecord, ...]


class Following:
    """One pair of eyes on ``catalog``, which look at ``bodies`` or not; not thread-safe."""

    def __init__(self, catalog: Catalog, bodies: bool = True) -> None:
        self._catalog, self._bodies = catalog, bodies
        self._version: int | None = None
        self._known: Mapping[str, tuple[str, int]] = {}

    def changes(self) -> Changes:
        """What to take over now; archived articles are gone. Costs next to nothing when nothing changed."""
        version = self._catalog.version()
        if version == self._version:
            return Changes(frozenset(), ())
        now = self._catalog.stamps()
        other = [i for i, stamp in now.items() if self._known.get(i) != stamp]
        records = self._catalog.get_many(other, self._bodies)
        renewed = tuple(record for record in records.values() if record.article.status != "archived")
        left = (self._known.keys() - now.keys()) | set(other)
        self._known, self._version = now, version
        return Changes(frozenset(left - {record.article.id for record in renewed}), renewed)
