"""Signals in words: all reasons of one kind against one article are told in one phrase."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kb.model import Signal, SignalKind

#: So much evidence of a kind is worth reading.
_MOST_EVIDENCE = 10


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing against an article; ``subject``: what it is about, ``count``: how often it happened."""

    article_id: str
    kind: SignalKind
    since: date
    evidence: tuple[str, ...] = ()
    subject: str = ""
    count: int = 1


def signals_of(reasons: Iterable[Reason]) -> tuple[Signal, ...]:
    """The signals of one article, the most serious first."""
    by_kind: dict[SignalKind, list[Reason]] = defaultdict(list)
    for reason in reasons:
        by_kind[reason.kind].append(reason)
    return tuple(_signal(kind, by_kind[kind]) for kind in SignalKind if kind in by_kind)


def _signal(kind: SignalKind, reasons: Sequence[Reason]) -> Signal:
    subjects = sorted({reason.subject for reason in reasons})
    evidence = dict.fromkeys(said for reason in reasons for said in reason.evidence)
    return Signal(
        kind=kind,
        text=_PHRASES[kind](subjects, sum(reason.count for reason in reasons)),
        since=min(reason.since for reason in reasons),
        evidence=tuple(evidence)[:_MOST_EVIDENCE],
    )


_Phrase = Callable[[Sequence[str], int], str]

_PHRASES: Mapping[SignalKind, _Phrase] = {
    SignalKind.SENT_BACK: lambda subjects, count: f"{subjects[-1]} 退回修改",
    SignalKind.OUTDATED: lambda subjects, count: f"{count} 人说内容过时",
    SignalKind.CONTRADICTION: lambda subjects, count: f"与{_titles(subjects)}说法不一",
    SignalKind.PAST_DATE: lambda subjects, count: f"写着的 {'、'.join(subjects)} 已经过去",
    SignalKind.POLICY: lambda subjects, count: f"相关政策{_titles(subjects)}改过",
    SignalKind.COPIED_STALE: lambda subjects, count: f"过期后被复制 {count} 次",
    SignalKind.EDITED: lambda subjects, count: f"审核后改过 {count} 次",
    SignalKind.BROKEN_LINK: lambda subjects, count: f"{count} 处链接或图片打不开",
}


def _titles(titles: Sequence[str]) -> str:
    """One title, or the first and how many there are."""
    return f"《{titles[0]}》" if len(titles) == 1 else f"《{titles[0]}》等 {len(titles)} 条"
