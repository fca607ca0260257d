"""The digests of a week: who gets one, on which channels, and when the server sends them by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from kb.errors import NotDelivered, QueryError
from kb.model import WeeklyTime
from kb.notify.digest import Material, compose, title_of
from kb.notify.links import Links
from kb.notify.sending import Outcome, Sending
from kb.ports.notices import Digest
from kb.ports.notifier import Notifier
from kb.rules.weeks import Week

#: what the server could not send is tried again after as long
_RETRY_AFTER = timedelta(minutes=15)
#: so long the server says that something may not have arrived; by then somebody has looked
_UNCERTAIN_FOR = timedelta(days=1)

#: what there is to say to an owner on a day
Gather = Callable[[str, date], Material]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A channel on which an owner is reminded; ``reviewer``: in whose name its readers confirm, ``""``: they can't."""

    notifier: Notifier
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent: ``parts`` are the messages as they would go out, none: there is nothing to say, or
    ``trouble`` says why there can't be.
    """

    owner: str
    channel: str
    title: str
    parts: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Where and when: ``base_url`` is what links begin with, ``at`` None: the server sends nothing by itself;
    ``lock``: a file that whoever sends holds.
    """

    base_url: str
    at: WeeklyTime | None
    lock: Path


class Reminders:
    """``revision`` gives the revision of an article as it is served; ``now`` an aware datetime in the house's zone.

    ``sends_by_itself``: whether the server has to send them, too.
    """

    def __init__(
        self,
        recipients: Mapping[str, Sequence[Recipient]],
        sending: Sending,
        links: Links,
        schedule: Schedule,
        revision: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        self.links, self.sends_by_itself = links, schedule.at is not None
        self._recipients, self._sending, self._schedule = recipients, sending, schedule
        self._revision, self._now = revision, now

    def owners(self, owner: str | None = None) -> list[str]:
        """Who is reminded, or that one only. Raises QueryError when nobody, or not that one, has a channel."""
        if not self._recipients:
            raise QueryError("还没有设置提醒发给谁：请在 kb.toml 里写 [notify.owners]，做法见管理员指南。")
        if owner is not None and owner not in self._recipients:
            known = "、".join(self._recipients)
            raise QueryError(f"设置 notify_owners 里没有“{owner}”。现有：{known}。")
        return [owner] if owner is not None else list(self._recipients)

    def week(self, text: str | None = None) -> Week:
        """The week that is meant, by default this one. Raises QueryError for one that has not begun."""
        this = Week.of(self._now().date())
        return Week.parse(text).not_after(this) if text else this

    def preview(self, gather: Gather, week: Week, owner: str | None = None) -> list[Preview]:
        """What ``remind`` would send; nothing is written down. Owners who have got all of theirs are left out."""
        found = [
            self._preview(gather, name, week, recipient)
            for name in self.owners(owner)
            for recipient in self._recipients[name]
        ]
        return [preview for preview in found if preview is not None]

    def remind(self, gather: Gather, week: Week, owner: str | None = None, again: bool = False) -> list[Outcome]:
        """Send each digest of the week as far as that has not been done. Raises NotDelivered while others send."""
        owners = self.owners(owner)
        try:
            with FileLock(self._schedule.lock, timeout=0):
                self.links.purge()
                return [
                    self._one(gather, name, week, recipient, again)
                    for name in owners
                    for recipient in self._recipients[name]
                ]
        except Timeout:
            raise NotDelivered("另一个进程正在发送提醒，等它发完再看；同一条不会发两次。", again=True) from None

    def local(self, moment: datetime) -> datetime:
        """A moment in the zone in which weeks are counted."""
        return moment.astimezone(self._now().tzinfo)

    def due(self) -> Week | None:
        """The week whose digests the server has to send now."""
        now, at = self._now(), self._schedule.at
        week = Week.of(now.date())
        if at is None or now < datetime.combine(week.monday + timedelta(days=at.weekday), at.time, now.tzinfo):
            return None
        tried = now - _RETRY_AFTER
        return week if any(self._sending.is_open(digest, tried) for digest in self._digests(week)) else None

    def _preview(self, gather: Gather, owner: str, week: Week, recipient: Recipient) -> Preview | None:
        digest, name = _digest(owner, week, recipient), recipient.notifier.name
        if not self._sending.is_begun(digest):
            try:
                made = self._parts(gather, owner, week, recipient, self.links.sample)
            except QueryError as error:  # as in ``_one``
                return Preview(owner, name, title_of(owner, week), trouble=str(error))
            return Preview(owner, name, title_of(owner, week), tuple(made))
        waiting = self._sending.waiting(digest)
        parts = [self.links.defused(one.text) for one in waiting]
        return Preview(owner, name, waiting[0].title, tuple(parts)) if waiting else None

    def trouble(self) -> str:
        """What keeps this week's digests from being delivered, or made that uncertain lately; ``""``: nothing."""
        now = self._now()
        found = (self._sending.trouble(digest, now - _UNCERTAIN_FOR) for digest in self._digests(Week.of(now.date())))
        return next(filter(None, found), "")

    def _digests(self, week: Week) -> list[Digest]:
        return [_digest(name, week, one) for name, channels in self._recipients.items() for one in channels]

    def _one(self, gather: Gather, owner: str, week: Week, recipient: Recipient, again: bool) -> Outcome:
        digest, notifier = _digest(owner, week, recipient), recipient.notifier
        if not self._sending.is_begun(digest):
            try:
                parts = self._parts(gather, owner, week, recipient, self.links.make)
            except QueryError as error:  # nobody has such articles: the others are reminded all the same
                self._sending.begin(digest, title_of(owner, week), [])
                return Outcome(owner, notifier.name, 0, trouble=str(error))
            self._sending.begin(digest, title_of(owner, week), parts)
        return self._sending.go_on(digest, notifier, again)

    def _parts(
        self, gather: Gather, owner: str, week: Week, recipient: Recipient, link: Callable[[str, str, str], str]
    ) -> list[str]:
        confirming = partial(self._confirming, link, recipient.reviewer) if recipient.reviewer else None
        material = gather(owner, min(week.sunday, self._now().date()))
        text = compose(owner, week, material, self._schedule.base_url, confirming)
        return recipient.notifier.parts(title_of(owner, week), text) if text else []

    def _confirming(self, link: Callable[[str, str, str], str], reviewer: str, article_id: str) -> str:
        return link(article_id, self._revision(article_id), reviewer)


def _digest(owner: str, week: Week, recipient: Recipient) -> Digest:
    return Digest(str(week), owner, recipient.notifier.key)
