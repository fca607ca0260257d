"""All articles as they were at a moment, read from the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kb.content.reader import ArticleFiles
from kb.model import Article
from kb.ports.catalog import Catalog
from kb.ports.history import History, Revision


@dataclass(frozen=True, slots=True)
class Then:
    """``articles`` by id; ``unreadable``: how many there were that break today's format, which is stricter."""

    articles: Mapping[str, Article]
    unreadable: int = 0


@dataclass(slots=True)
class PastArticles:
    """Each content is judged once, however many moments it stood at. What an article has from its folders
    (titles, department, interval) is what they say today: the history keeps articles only.
    """

    history: History
    catalog: Catalog
    files: ArticleFiles
    _known: dict[tuple[str, str], Article | None] = field(default_factory=dict)  # (path, revision) -> what it said

    def at(self, moment: datetime) -> Then:
        """What agents were served just before ``moment``, drafts and archived articles too."""
        return self._of(row for row in self.history.standing_at(moment) if not row.removed)

    def _of(self, rows: Iterable[Revision]) -> Then:
        standing = list(rows)
        self._learn(standing)
        articles = {row.article_id: self._known[row.path, row.revision] for row in standing}
        readable = {article_id: article for article_id, article in articles.items() if article is not None}
        return Then(readable, len(articles) - len(readable))

    def _learn(self, rows: Iterable[Revision]) -> None:
        """Judge what is not known yet; most is as it was, and the catalog has that judged already."""
        if not self._known:
            self._known.update(((r.path, r.revision), r.article) for r in self.catalog.records())
        missing: dict[str, list[str]] = {}
        for row in rows:
            if (row.path, row.revision) not in self._known:
                missing.setdefault(row.revision, []).append(row.path)
        if not missing:
            return
        folders = self.files.scan().folders
        for revision, source in self.history.sources(missing):
            for path in missing.pop(revision):
                self._known[path, revision] = self.files.judge(path, source.encode(), folders).article
        self._known.update(((path, revision), None) for revision, paths in missing.items() for path in paths)
