"""What of the articles a caller gets who may see public ones only (docs/decisions/0013).

An audience is a property of what is seen, no filter on what is answered: everything that is derived from articles is
derived from these here a second time, so nothing can tell of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kb.model import Article, ArticleRecord, Folder
from kb.ports.catalog import ServedArticles

PUBLIC = "public"


class PublicArticles(ServedArticles):
    """The public ones among ``served``, without what names people and files of the house."""

    def __init__(self, served: ServedArticles) -> None:
        self._served = served

    def records(self) -> Iterator[ArticleRecord]:
        return filter(None, map(seen_outside, self._served.records()))

    def get(self, article_id: str) -> ArticleRecord | None:
        record = self._served.get(article_id)
        return seen_outside(record) if record else None

    def find(self, article_id: str) -> ArticleRecord | None:
        record = self._served.find(article_id)
        return seen_outside(record) if record else None

    def get_many(self, article_ids: Iterable[str]) -> dict[str, ArticleRecord]:
        found = self._served.get_many(article_ids)
        return {i: shown for i, record in found.items() if (shown := seen_outside(record))}

    def source(self, article_id: str) -> str | None:
        """None: the file says who is responsible."""
        return None

    def version(self) -> int:
        return self._served.version()

    def recent_version(self) -> int:
        return self._served.recent_version()


def is_public(article: Article) -> bool:
    """Whether callers may see an article without being known."""
    return article.audience == PUBLIC


def seen_outside(record: ArticleRecord) -> ArticleRecord | None:
    """A record as the public may see it; None when it may not."""
    if not is_public(record.article):
        return None
    article = replace(
        record.article,
        product=_unowned(record.article.product),
        scenario=_unowned(record.article.scenario),
        owner=None,
        contact=None,
        verified_by=None,
    )
    return replace(record, article=article, path="", outdated_by=None)


def _unowned(folder: Folder) -> Folder:
    return replace(folder, owner=None)
