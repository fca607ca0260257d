"""Exposure: how often an article was put before customers lately, which is what an outdated one does harm by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from kb.model import Article
from kb.ports.events import EventLog

_WINDOW = timedelta(days=28)
_KINDS = ("view", "copy")


def recent_uses(events: EventLog, now: datetime, until: datetime | None = None) -> Mapping[str, int]:
    """article id -> views and copies since 28 days before ``now`` (aware), under the id that it had at each; ``until``:
    those before that only.
    """
    return events.uses(_KINDS, now - _WINDOW, until)


def exposure_of(article: Article, uses: Mapping[str, int]) -> int:
    """Those of ``uses`` that are the article's, those under its former ids included."""
    return sum(uses.get(article_id, 0) for article_id in (article.id, *article.former_ids))
