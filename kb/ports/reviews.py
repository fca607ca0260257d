"""PORT reviews: what reviewers said. ``kb.store.reviews`` implements it. Every call may raise StoreError."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from kb.model import Review


class Reviews(Protocol):
    """The verdicts that stand: those taken back and those whose file was never written are not among them."""

    def between(self, since: datetime, until: datetime) -> list[Review]:
        """Those given in [since, until), the latest first."""

    def of(self, article_id: str) -> list[Review]:
        """Those on one article, the latest first."""

    def sent_back(self) -> Mapping[str, Review]:
        """article id -> the ``revise`` that no later verdict has settled; one query for all articles."""


class NoReviews:
    """Where nobody has said anything yet."""

    def between(self, since: datetime, until: datetime) -> list[Review]:
        """None."""
        return []

    def of(self, article_id: str) -> list[Review]:
        """None."""
        return []

    def sent_back(self) -> Mapping[str, Review]:
        """None."""
        return {}
