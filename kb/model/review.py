"""What reviewers deal with: why an article needs them before its date, and what they said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum


class SignalKind(str, Enum):
    """What can be wrong with an article whatever its dates say, the most serious first."""

    SENT_BACK = "sent_back"
    OUTDATED = "outdated"
    CONTRADICTION = "contradiction"
    PAST_DATE = "past_date"
    POLICY = "policy"
    COPIED_STALE = "copied_stale"
    EDITED = "edited"
    BROKEN_LINK = "broken_link"
    MISDATED = "misdated"

    @property
    def label(self) -> str:
        """As lists and filters say it."""
        return _LABELS[self]


_LABELS = {
    SignalKind.SENT_BACK: "已退回修改",
    SignalKind.OUTDATED: "有人说内容过时",
    SignalKind.CONTRADICTION: "与相近的条目说法不一",
    SignalKind.PAST_DATE: "写着的日期已经过去",
    SignalKind.POLICY: "相关政策改过",
    SignalKind.COPIED_STALE: "过期后还在被复制",
    SignalKind.EDITED: "审核后改过",
    SignalKind.BROKEN_LINK: "指向的条目打不开",
    SignalKind.MISDATED: "日期写成了将来",
}


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to look at an article before its date: ``text`` in one phrase (2 人说内容过时), ``evidence`` what a
    reviewer wants to see of it (the votes' notes, the sentence with the date), ``since`` the day on which it arose.
    """

    kind: SignalKind
    text: str
    since: date
    evidence: tuple[str, ...] = ()


class Verdict(str, Enum):
    """What a reviewer may say of an article."""

    CONFIRM = "confirm"
    REVISE = "revise"
    ARCHIVE = "archive"

    @property
    def label(self) -> str:
        """As screens say it."""
        return {"confirm": "确认有效", "revise": "退回修改", "archive": "归档"}[self.value]


@dataclass(frozen=True, slots=True)
class Review:
    """A verdict as it was given. ``revision``: SHA-256 of the file that the reviewer saw; ``written``: number of the
    revision (``kb.ports.history``) in which the verdict stands, None for ``revise``, which writes no file.
    """

    id: int
    at: datetime
    article_id: str
    verdict: Verdict
    user: str
    note: str
    revision: str
    written: int | None = None
