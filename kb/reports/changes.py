"""What became of articles between two moments, as agents saw it, and who did it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kb.model import Article
from kb.ports.history import Revision
from kb.shapes.reports import ChangedArticle, Changes

Articles = Mapping[str, Article]

#: by status at the end, where agents don't get the article any more
_LEFT = {"archived": "archived", "draft": "withdrawn"}


def changed_articles(before: Articles, after: Articles, edits: Iterable[Revision]) -> list[ChangedArticle]:
    """One entry per article that agents see differently now, in order of kind and id; a verification is no change.

    ``edits``: every version of the time between, the oldest first. An article that got another id is the same one.
    """
    by_article: dict[str, list[Revision]] = defaultdict(list)
    for row in edits:
        by_article[row.article_id].append(row)
    found = list(_changes(before, after, by_article))
    order = list(Changes.__annotations__)
    return sorted(found, key=lambda entry: (order.index(entry["change"]), entry["id"]))


def counted(changed: Iterable[ChangedArticle]) -> Changes:
    """How many there were of each kind."""
    counts = Counter(entry["change"] for entry in changed)
    return Changes(
        new=counts["new"],
        changed=counts["changed"],
        restored=counts["restored"],
        archived=counts["archived"],
        withdrawn=counts["withdrawn"],
        deleted=counts["deleted"],
    )


def _changes(before: Articles, after: Articles, edits: Mapping[str, Sequence[Revision]]) -> Iterator[ChangedArticle]:
    renamed = {former for article_id in edits if article_id in after for former in after[article_id].former_ids}
    for article_id, rows in edits.items():
        new = after.get(article_id)
        ids = (article_id, *(new.former_ids if new else ()))
        old = next((before[one] for one in ids if one in before), None)
        change = None if new is None and article_id in renamed else _change(old, new)
        shown = new or old
        if change is not None and shown is not None:
            yield ChangedArticle(
                id=article_id,
                title=shown.title,
                owner=shown.owner,
                change=change,
                edits=len(rows),
                authors=sorted({row.edit.author for row in rows} - {""}),
            )


def _change(old: Article | None, new: Article | None) -> str | None:
    """What agents see of it; None: nothing."""
    was, now = _is_served(old), _is_served(new)
    if was and now:
        return "changed" if _content(old) != _content(new) else None
    if now:
        return "restored" if old is not None and old.status == "archived" else "new"
    if was:
        return "deleted" if new is None else _LEFT[new.status]
    return None


def _is_served(article: Article | None) -> bool:
    return article is not None and article.status == "published"


def _content(article: Article | None) -> Article | None:
    """All but what a reviewer writes into it."""
    return article and replace(article, verified=None, verified_by=None)
