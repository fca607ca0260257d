"""Reminding owners of what needs them: by hand, or by the server's clock."""

from __future__ import annotations

from datetime import date
from functools import cache

from kb.desk.review import ReviewDesk
from kb.desk.verdicts import VerdictDesk
from kb.model import Caller, Right
from kb.notify.digest import Material, Returned
from kb.notify.reminders import Preview
from kb.notify.sending import Outcome
from kb.review.queue_page import QueueFilter
from kb.rules.access import require
from kb.system import System


class RemindersDesk:
    """For administrators: messages go out in the name of the house, to places that only they know."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def preview(self, week: str | None = None, owner: str | None = None) -> list[Preview]:
        """What ``remind`` would send; nothing is sent, nothing written. Raises QueryError."""
        require(self._caller, Right.ADMINISTER)
        reminders = self._system.reminders
        return reminders.preview(cache(self._gathered), reminders.week(week), owner)

    def remind(self, week: str | None = None, owner: str | None = None, again: bool = False) -> list[Outcome]:
        """Send the digests of a week as far as that has not been done; ``again``: also what may have arrived already.

        Raises QueryError, and NotDelivered while another process sends.
        """
        require(self._caller, Right.ADMINISTER)
        reminders = self._system.reminders
        named = reminders.week(week)
        outcomes = reminders.remind(cache(self._gathered), named, owner, again)
        for outcome in outcomes:
            if outcome.sent:
                detail = {"week": str(named), "channel": outcome.channel, "messages": outcome.sent}
                self._system.access.audit.record(self._caller, "notify.send", outcome.owner, detail)
        return outcomes

    def _gathered(self, owner: str, day: date) -> Material:
        page = ReviewDesk(self._system, self._caller).page(QueueFilter.of(owner), day)
        sent_back = VerdictDesk(self._system, self._caller).sent_back()
        return Material(
            page.items,
            [
                Returned(
                    sent.article.id,
                    sent.article.title,
                    sent.review.user,
                    self._system.reminders.local(sent.review.at).date(),
                    sent.review.note,
                )
                for sent in sent_back
                if sent.article.owner == owner and not sent.is_answered
            ],
        )
