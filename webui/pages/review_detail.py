"""What a reviewer is shown of one article: why to look at it, what it says, what changed since its last review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.desk.history import SinceVerified
from kb.model import Article, Review, Right, Signal, State
from kb.rules.side_by_side import Comparison
from webui.current import desk

#: verdicts that are shown; all of them are in the history
_LATEST = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """``revision``: SHA-256 of the file that is shown. ``since`` is None also for those who may not see the history;
    ``verdicts``: the latest that stand, the newest first.

    ``trouble``: why a verdict was not taken; ``changes``: what others changed since the article was opened for it.
    """

    article: Article
    revision: str
    state: State
    reasons: tuple[str, ...]
    signals: tuple[Signal, ...]
    may_review: bool
    may_edit: bool
    since: SinceVerified | None
    verdicts: Sequence[Review]
    trouble: str = ""
    changes: Comparison | None = None


def changed_since(article_id: str, revision: str) -> Comparison | None:
    """What others changed since the caller saw this revision; None for nothing but stamps, and when nobody knows."""
    changes = desk().history.changed_since(article_id, revision)
    return None if changes is None or changes.is_empty else changes


def opened(article_id: str) -> Opened:
    """A published article, in the queue or not. Raises ArticleNotFound."""
    record, freshness = desk().article(article_id)
    article = record.article
    item = next((row for row in desk().review.page().items if row.id == article.id), None)
    may_edit = desk().may(Right.EDIT, article.owner)
    return Opened(
        article=article,
        revision=record.revision,
        state=freshness.state,
        reasons=freshness.reasons,
        signals=item.signals if item else (),
        may_review=desk().may(Right.REVIEW, article.owner),
        may_edit=may_edit,
        since=desk().history.since_verified(article.id) if may_edit else None,
        verdicts=desk().verdicts.of(article.id)[:_LATEST],
    )
