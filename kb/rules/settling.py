"""Which reasons to review an article a verification has settled: those that arose before it, its reviewer saw them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo


@dataclass(frozen=True, slots=True)
class Verification:
    """The latest one of an article: the ``day`` that its file names, None when it was never verified, and the moment up
    to which it saw everything.
    """

    day: date | None
    moment: datetime

    @classmethod
    def of(
        cls,
        verified: date | None,
        vouched: tuple[date | None, datetime | None],
        confirmed: datetime | None,
        now: datetime,
    ) -> Verification:
        """What is known of it. ``vouched``: a day of verification, and since when the history has it; ``confirmed``:
        the latest time that a reviewer said so, where that is known. Days are those of ``now``'s time zone.

        A day alone counts as a whole; what the history, which may have come across it later, says of that very day ends
        it earlier. One that the history hasn't taken in yet has only just been given.
        """
        moment = datetime.min.replace(tzinfo=timezone.utc)
        if verified is not None:
            day, at = vouched
            moment = min(end_of(verified, now.tzinfo), at if at is not None and day == verified else now)
        return cls(verified, max(moment, confirmed) if confirmed is not None else moment)

    def settles(self, since: date, at: datetime | None = None) -> bool:
        """Whether something that arose on the day ``since``, at the moment ``at`` if that is known, was seen."""
        if at is None:
            return self.day is not None and self.day >= since
        return at <= self.moment


def end_of(day: date, zone: tzinfo | None) -> datetime:
    """The last moment of a day."""
    try:
        return datetime.combine(day + timedelta(days=1), time.min, zone) - timedelta(milliseconds=1)
    except OverflowError:  # the last day that there is
        return datetime.combine(day, time.max, timezone.utc)
