"""The articles as the queue judges them: kept in memory, brought up to date by what has changed in the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from kb.model import Article
from kb.ports.catalog import Catalog
from kb.rules.review_budget import review_minutes
from kb.usecases.following import Following
from kb.usecases.library import Library


@dataclass(frozen=True, slots=True)
class Subjects:
    """Of one state of the catalog; no two states share an ``edition``.

    ``articles``: the published ones without their texts, which are most of the memory; ``minutes``: what reviewing each
    may take; ``owners``: all departments, those of drafts too.
    """

    edition: int
    articles: tuple[Article, ...]
    minutes: Mapping[str, float]
    library: Library
    owners: frozenset[str]


class ReviewedArticles:
    """Follows ``catalog``; not thread-safe."""

    def __init__(self, catalog: Catalog) -> None:
        self._following = Following(catalog)
        self._articles: dict[str, Article] = {}
        self._minutes: dict[str, float] = {}
        self._subjects = self._gathered(0)

    def now(self) -> Subjects:
        """The articles as the catalog has them. Raises StoreError."""
        changes = self._following.changes()
        if changes.gone or changes.renewed:
            for article_id in changes.gone:
                self._articles.pop(article_id, None)
                self._minutes.pop(article_id, None)
            for record in changes.renewed:
                article = record.article
                self._articles[article.id] = _without_texts(article)
                self._minutes[article.id] = review_minutes(len(article.body))
            self._subjects = self._gathered(self._subjects.edition + 1)
        return self._subjects

    def _gathered(self, edition: int) -> Subjects:
        published = tuple(article for article in self._articles.values() if article.status == "published")
        return Subjects(
            edition=edition,
            articles=published,
            minutes=dict(self._minutes),
            library=Library.of(published, date.max),
            owners=frozenset(article.owner for article in self._articles.values() if article.owner is not None),
        )


def _without_texts(article: Article) -> Article:
    return replace(article, body="", questions=(), scripts=(), related=())
