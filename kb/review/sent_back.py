"""What reviewers have sent back to the departments, and what has become of it since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kb.editing.versions import document_of
from kb.model import Article, ArticleRecord, Review
from kb.rules.side_by_side import Comparison, compare


@dataclass(frozen=True, slots=True)
class SentBack:
    """An article that a reviewer wants to be mended, why, and what its owner has changed since.

    ``text_of`` gives a text by its revision, ``source_of`` the one that is served of an article.
    """

    record: ArticleRecord
    review: Review
    text_of: Callable[[str], str | None]
    source_of: Callable[[str], str | None]

    @property
    def article(self) -> Article:
        """As it is served."""
        return self.record.article

    @property
    def is_answered(self) -> bool:
        """Whether somebody has edited it since: the reviewer's turn."""
        return self.record.revision != self.review.revision

    @property
    def label(self) -> str:
        """Whose turn it is, as lists say it."""
        return "已修改，等复审" if self.is_answered else "等业务部门修改"

    def changes(self) -> Comparison | None:
        """What differs from the text that was sent back; None when nobody knows that text any more."""
        before, now = self.text_of(self.review.revision), self.source_of(self.article.id)
        return None if before is None or now is None else compare(document_of(before), document_of(now))
