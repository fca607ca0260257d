"""Saying that an article is right: the fields that a reviewer's word sets, alone or with an edit that they make."""

from __future__ import annotations

from datetime import date

from kb.content.saving import Titles
from kb.content.writer import Value, edit_front_matter
from kb.editing.writing import Writing
from kb.model import Article, Caller, Right, Verdict
from kb.ports.catalog import FileVersion
from kb.ports.reviews import NewReview
from kb.rules.access import may


def stamp(caller: Caller, today: date) -> dict[str, Value | None]:
    """The front matter keys that say: ``caller`` has looked at it ``today``."""
    return {"verified": today, "verified_by": caller.name}


def may_verify(caller: Caller, before: Article | None, after: Article) -> bool:
    """Whether the caller reviews the article as it is and as it will be."""
    return all(may(caller, Right.REVIEW, article.owner) for article in (before, after) if article is not None)


def verified(
    writing: Writing, caller: Caller, article_id: str, version: FileVersion, note: str, titles: Titles | None = None
) -> tuple[FileVersion, NewReview]:
    """The same article with the caller's stamp, and the review that goes with it when it is saved."""
    now = writing.now()
    source = edit_front_matter(version.source, stamp(caller, now.date()))
    stamped, _ = writing.article(article_id, version.path, source, titles)
    review = NewReview(now, article_id, Verdict.CONFIRM, caller.name, caller.via, note.strip(), stamped.revision)
    return stamped, review
