"""Each message of each digest once, whatever is killed or fails in between (docs/decisions/0017-reminders.md).

A message is claimed in the database before it is sent and marked after. Only one process sends at a time (a lock that
the system lets go of with the process), so what is found claimed was being sent when somebody was killed: it may have
arrived. That is said, and it is sent again only when somebody asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kb.errors import DeliveryUnknown, NotDelivered
from kb.ports.notices import Digest, Notice, Notices, NoticeState
from kb.ports.notifier import Notifier

#: seconds before each further try of what may go through later
_BACK_OFF = (2.0, 10.0, 30.0)
_KILLED = "发送途中程序被中断，不确定是否发出。"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a digest is after a run. ``sent``: messages that went out in this run; ``parts``: of how many in all, 0:
    there was nothing to say. ``open``: messages that are still to be sent, ``unknown``: that may have arrived.
    """

    owner: str
    channel: str
    parts: int
    sent: int = 0
    open: int = 0
    unknown: int = 0
    trouble: str = ""

    @property
    def is_good(self) -> bool:
        """Whether there is nothing left to be done about it."""
        return not (self.open or self.unknown or self.trouble)


class Sending:
    """``now`` gives an aware datetime; ``wait`` waits for some seconds."""

    def __init__(
        self, notices: Notices, now: Callable[[], datetime], wait: Callable[[float], object] = time.sleep
    ) -> None:
        self._notices, self._now, self._wait = notices, now, wait

    def is_begun(self, digest: Digest) -> bool:
        """Whether what it says is settled."""
        return bool(self._notices.of(digest))

    def waiting(self, digest: Digest) -> list[Notice]:
        """What ``go_on`` would send without being asked to send anything again."""
        return [notice for notice in self._notices.of(digest) if notice.state is NoticeState.WAITING]

    def begin(self, digest: Digest, title: str, parts: list[str]) -> None:
        """Settle what it says: the same is sent, however many runs it takes."""
        self._notices.begin(digest, title, parts, self._now())

    def go_on(self, digest: Digest, notifier: Notifier, again: bool = False) -> Outcome:
        """Send what is not sent yet, in order, up to the first failure; ``again``: also what may have arrived.

        Never call it in two processes at once.
        """
        sent, trouble = 0, ""
        for notice in self._notices.of(digest):
            trouble = self._recovered(notice, again)
            if trouble or notice.state in (NoticeState.SENT, NoticeState.EMPTY):
                continue
            trouble = self._send(replace(notice, state=NoticeState.WAITING), notifier)
            if trouble:
                break
            sent += 1
        return self._outcome(digest, notifier, sent)

    def is_open(self, digest: Digest, tried_before: datetime) -> bool:
        """Whether it was never begun, or something of it has to be tried that was last tried before that moment."""
        notices = self._notices.of(digest)
        return not notices or any(
            notice.state is NoticeState.CLAIMED or (notice.state is NoticeState.WAITING and notice.at < tried_before)
            for notice in notices
        )

    def trouble(self, digest: Digest, unknown_since: datetime | None = None) -> str:
        """What keeps it from being delivered; what may have arrived counts only if it was sent ``unknown_since``."""
        found = (
            notice.trouble
            for notice in self._notices.of(digest)
            if notice.state is not NoticeState.UNKNOWN or unknown_since is None or notice.at >= unknown_since
        )
        return next(filter(None, found), "")

    def _recovered(self, notice: Notice, again: bool) -> str:
        """Settle what was left by whoever was killed. What keeps the message from being sent in this run."""
        if notice.state not in (NoticeState.CLAIMED, NoticeState.UNKNOWN):
            return ""
        trouble = notice.trouble or _KILLED
        state = NoticeState.WAITING if again else NoticeState.UNKNOWN
        self._notices.settle(notice, state, self._now(), trouble)
        return "" if again else trouble

    def _send(self, notice: Notice, notifier: Notifier) -> str:
        """What kept it from being sent, ``""``: nothing."""
        trouble = ""
        for pause in (0.0, *_BACK_OFF):
            self._wait(max(pause, notifier.delay()))
            claimed = replace(notice, state=NoticeState.CLAIMED)
            if not self._notices.settle(notice, NoticeState.CLAIMED, self._now()):
                return "另一个进程正在发送。"
            try:
                notifier.send(notice.title, notice.text)
            except NotDelivered as error:
                trouble = str(error)
                self._notices.settle(claimed, NoticeState.WAITING, self._now(), trouble)
                if not error.again:
                    break
            except DeliveryUnknown as error:
                self._notices.settle(claimed, NoticeState.UNKNOWN, self._now(), str(error))
                return str(error)
            else:
                self._notices.settle(claimed, NoticeState.SENT, self._now())
                return ""
        return trouble

    def _outcome(self, digest: Digest, notifier: Notifier, sent: int) -> Outcome:
        notices = self._notices.of(digest)
        states = [notice.state for notice in notices]
        return Outcome(
            owner=digest.owner,
            channel=notifier.name,
            parts=sum(state is not NoticeState.EMPTY for state in states),
            sent=sent,
            open=states.count(NoticeState.WAITING),
            unknown=states.count(NoticeState.UNKNOWN),
            trouble=self.trouble(digest),
        )
