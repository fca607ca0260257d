"""The published articles in memory, without their bodies, which are most of what they take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from kb.model import ArticleRecord
from kb.ports.catalog import Catalog
from kb.rules.vector_index import ArticleTexts
from kb.usecases.following import Following

#: (question, how far it is trusted) as they were learned from use
Learned = tuple[tuple[str, float], ...]


class PublishedArticles:
    """Those of ``catalog`` as ``view`` shows them (None: not at all); only what has changed is read anew.

    Thread-safe.
    """

    def __init__(
        self, catalog: Catalog, view: Callable[[ArticleRecord], ArticleRecord | None] = lambda record: record
    ) -> None:
        self._catalog, self._view = catalog, view
        self._following = Following(catalog, bodies=False)
        self._turn = threading.Lock()
        self._known: dict[str, ArticleRecord] = {}

    def now(self) -> Mapping[str, ArticleRecord]:
        """By id, in order of id; what has not changed is the same object as before. Raises StoreError."""
        with self._turn:
            changes = self._following.changes()
            if changes.gone or changes.renewed:
                self._known = dict(sorted(self._renewed(changes.gone, changes.renewed).items()))
            return self._known

    def _renewed(self, gone: Iterable[str], renewed: Iterable[ArticleRecord]) -> dict[str, ArticleRecord]:
        known = dict(self._known)
        for article_id in gone:
            known.pop(article_id, None)
        for record in renewed:
            known.pop(record.article.id, None)
            if record.article.status == "published" and (shown := self._view(record)):
                known[record.article.id] = shown
        return known


class PublishedTexts:
    """What of each article is compared by meaning; made anew only for what is another object than before.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[ArticleRecord, Learned, ArticleTexts]] = {}

    def of(self, records: Iterable[ArticleRecord], learned: Callable[[str], Learned]) -> tuple[ArticleTexts, ...]:
        """Of ``records``, in their order; ``learned``: id -> questions learned from use."""
        known = {record.article.id: self._texts(record, learned(record.article.id)) for record in records}
        self._known = known
        return tuple(texts for _, _, texts in known.values())

    def _texts(self, record: ArticleRecord, learned: Learned) -> tuple[ArticleRecord, Learned, ArticleTexts]:
        former = self._known.get(record.article.id)
        if former is not None and former[0] is record and former[1] == learned:
            return former
        return record, learned, ArticleTexts.of(record.article, learned)


def without_body(record: ArticleRecord) -> ArticleRecord:
    """What a hit shows of an article."""
    return replace(record, article=replace(record.article, body=""))
