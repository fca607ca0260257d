"""PORT notices: which messages of which digest went out, and the links in them. Every call may raise StoreError.

``kb.store.notices`` and ``kb.store.confirm_links`` implement it. Moments are aware datetimes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol


class NoticeState(str, Enum):
    """``CLAIMED``: somebody is sending it, or was killed at that; ``UNKNOWN``: it may have arrived; ``EMPTY``: there
    was nothing to say.
    """

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    UNKNOWN = "unknown"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Digest:
    """Names what is sent once: the ISO week (2026-W47), the business department, the channel's ``Notifier.key``."""

    week: str
    owner: str
    channel: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One message of a digest; ``part`` counts from 0. ``text`` is forgotten once it was sent. ``trouble`` is what kept
    it from being sent at ``at``.
    """

    digest: Digest
    part: int
    title: str
    text: str
    state: NoticeState
    at: datetime
    trouble: str = ""


class Notices(Protocol):
    """The messages of all digests."""

    def of(self, digest: Digest) -> list[Notice]:
        """Its messages in order; none when it was never begun."""

    def begin(self, digest: Digest, title: str, parts: Sequence[str], at: datetime) -> bool:
        """Write down what will be sent (no parts: that there is nothing to say); False when somebody has begun it."""

    def settle(self, notice: Notice, state: NoticeState, at: datetime, trouble: str = "") -> bool:
        """Let a message that is in the state that ``notice`` says be in another one; False when it isn't any more."""


@dataclass(frozen=True, slots=True)
class ConfirmLink:
    """A link by which ``reviewer`` confirms one article as it was when the digest was made. ``used``: when it was."""

    number: int
    article_id: str
    revision: str
    reviewer: str
    expires: datetime
    used: datetime | None = None


class ConfirmLinks(Protocol):
    """The links that were sent."""

    def add(self, article_id: str, revision: str, reviewer: str, expires: datetime) -> ConfirmLink:
        """A new one, with the next number."""

    def get(self, number: int) -> ConfirmLink | None:
        """The link of a number."""

    def use(self, number: int, at: datetime) -> bool:
        """Use it up; False when it has been used."""

    def release(self, number: int) -> None:
        """It was used in vain: it may be used again."""

    def purge(self, expired_before: datetime) -> None:
        """Forget those that expired before."""
