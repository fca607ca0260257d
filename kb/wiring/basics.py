"""What the rooms of this package share: the clock, and how fresh articles have to be."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from kb.access.signing import Signer
from kb.config import Settings
from kb.rules.freshness import Policy
from kb.store.database import Database
from kb.store.secrets import server_key


def local_now() -> datetime:
    """An aware datetime, in the time zone of the machine."""
    return datetime.now().astimezone()


def house_now(settings: Settings) -> datetime:
    """An aware datetime in the zone of ``settings.timezone``: what reports and digests count days and weeks by."""
    return datetime.now(settings.timezone)


def shared_key(settings: Settings, purpose: str) -> bytes | None:
    """A key of its own for every purpose, the same on all nodes with this secret; None where there is no secret."""
    return hmac.new(settings.secret.encode(), purpose.encode(), hashlib.sha256).digest() if settings.secret else None


def signer_of(settings: Settings, database: Database) -> Signer:
    """Signs for all nodes with this secret, or without one for this database."""
    return Signer(shared_key(settings, "signatures") or server_key(database))


def policy_of(settings: Settings) -> Policy:
    """How long a review holds."""
    return Policy(
        default_interval=settings.review_every,
        top_interval=settings.review_top,
        by_kind=settings.review_kinds,
        by_priority=settings.review_priorities,
        by_owner=settings.review_owners,
    )
