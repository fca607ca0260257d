"""Pointers that lead agents nowhere: to articles that exist, but as drafts or in the archive.

``related`` may name a draft: the page leaves it out until it is published. A sentence that sends somebody to it can't.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from kb.content.checks.page import Page
from kb.content.fields import SLUG
from kb.content.findings import quoted
from kb.model import Article, Problem
from kb.ports.catalog import FileVersion

_QUOTED_TITLE = re.compile(r"《[^《》\n]+》|“[^“”\n]+”")
#: ``/a/<id>`` as the house's own pages have it, not as a part of another site's address
_ARTICLE_LINK = re.compile(rf"(?<![\w./-])/a/({SLUG.pattern})(?![\w-])")
_STATES = {"draft": "还是草稿", "archived": "已经归档"}


def unpublished(versions: Iterable[FileVersion]) -> dict[str, Article]:
    """The drafts and archived articles, each by id and by title, unless a published one is called the same by now."""
    articles = [version.article for version in versions if version.article is not None]
    names = {name for a in articles if a.status == "published" for name in (a.id, a.title)}
    hidden = [article for article in articles if article.status != "published"]
    return {name: article for article in hidden for name in (article.id, article.title) if name not in names}


def hidden_targets(page: Page, hidden: Mapping[str, Article]) -> Iterator[Problem]:
    """Where ``related`` names an archived one of ``hidden``, or the text (《标题》, “标题”) any."""
    related = page.front.entries.get("related")
    for target in page.article.related:
        if related is not None and target in hidden and hidden[target].status == "archived":
            yield page.warning(related.line, _message(f"related 里的{quoted(target)}", hidden[target]))
    for start, written in quoted_names(page.article.body):
        title = written[1:-1]
        if title in hidden:
            message = _message(written, hidden[title])
            yield page.warning(page.line_at(start), message)


def quoted_names(body: str) -> Iterator[tuple[int, str]]:
    """(offset, with its marks) of everything in title marks or quotation marks: it may be an article's title."""
    return ((found.start(), found.group()) for found in _QUOTED_TITLE.finditer(body))


def linked_ids(body: str) -> list[str]:
    """The ids of the articles that a body links to."""
    return _ARTICLE_LINK.findall(body)


def state_in_words(status: str) -> str:
    """Why nobody can open an article that isn't published."""
    return _STATES[status]


def _message(name: str, target: Article) -> str:
    return f"{name}{_STATES[target.status]}，客服打不开；请先发布那一条，或去掉这里、直接写明怎么做。"
