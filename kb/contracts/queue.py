"""The document of the review queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.contracts import article_url, facet_counts, iso_day
from kb.shapes import queue

if TYPE_CHECKING:  # it loads what ``kb --help`` shall not wait for
    from kb.review.queue import QueuePage, ReviewItem


def stale_document(page: QueuePage) -> queue.Stale:
    """``stale``"""
    return {
        "as_of": page.as_of.isoformat(),
        "total": page.total,
        "items": [_review_item(item) for item in page.items],
        "facets": {
            "state": facet_counts(page.states),
            "owner": facet_counts(page.owners),
            "product": facet_counts(page.products),
            "signal": facet_counts(page.signals),
        },
    }


def _review_item(item: ReviewItem) -> queue.StaleItem:
    return {
        "id": item.id,
        "title": item.title,
        "product": item.product,
        "scenario": item.scenario,
        "owner": item.owner,
        "state": item.state.value,
        "reasons": list(item.reasons),
        "signals": [
            {
                "kind": signal.kind.value,
                "label": signal.kind.label,
                "text": signal.text,
                "since": signal.since.isoformat(),
                "evidence": list(signal.evidence),
            }
            for signal in item.signals
        ],
        "updated": iso_day(item.updated),
        "verified": iso_day(item.verified),
        "due": iso_day(item.due),
        "days_overdue": item.days_overdue,
        "exposure": item.exposure,
        "minutes": item.minutes,
        "url": article_url(item.id),
    }
