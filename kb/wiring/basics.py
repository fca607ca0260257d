"""What the rooms of this package share: the clock, and how fresh articles have to be."""

from __future__ import annotations

from datetime import datetime

from kb.config import Settings
from kb.rules.freshness import Policy


def local_now() -> datetime:
    """An aware datetime, in the time zone of the machine."""
    return datetime.now().astimezone()


def house_now(settings: Settings) -> datetime:
    """An aware datetime in the zone of ``settings.timezone``: what reports and digests count days and weeks by."""
    return datetime.now(settings.timezone)


def policy_of(settings: Settings) -> Policy:
    """How long a review holds."""
    return Policy(
        default_interval=settings.review_every,
        top_interval=settings.review_top,
        by_kind=settings.review_kinds,
        by_priority=settings.review_priorities,
        by_owner=settings.review_owners,
    )
