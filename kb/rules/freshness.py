"""How current an article is on a given day: a pure function of (article, policy, day).

The state is the first that holds: expired, stale, never verified, changed, due, fresh. The reasons are
all that hold, in the same order, so that a reviewer sees everything wrong with an article at once.

Once an article is not fresh, time alone never makes it fresh again. A verification dated in the future
would keep it fresh until then: ``misdated`` tells.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from kb.model import Article, Freshness, Interval, Signal, SignalKind, State

_DAYS = {"d": 1, "w": 7}
_THIRTY_DAYS = Interval(30, "d")
_WEEK = Interval(1, "w")
_RANKING_FACTORS = {State.EXPIRED: 0.6, State.STALE: 0.85}


@dataclass(frozen=True, slots=True)
class Policy:
    """How often articles are reviewed unless they, their scenario or their product say otherwise.

    Of the intervals for an article's owner, kind and priority the shortest holds, without any ``default_interval``;
    what is in the current FAQ top list is never due later than after ``top_interval``. ``due_days`` is how many days
    ahead a review is announced. ``for_outsiders``: of the reasons only the end of validity is told; what the house has
    not looked at yet is its own business.
    """

    default_interval: Interval = _THIRTY_DAYS
    top_interval: Interval = _WEEK
    by_kind: Mapping[str, Interval] = field(default_factory=dict)
    by_priority: Mapping[str, Interval] = field(default_factory=dict)
    by_owner: Mapping[str, Interval] = field(default_factory=dict)
    due_days: int = 7
    for_outsiders: bool = False


def assess(article: Article, policy: Policy, as_of: date, in_top: bool = False) -> Freshness:
    """Judge ``article`` on the day ``as_of``; a deadline still holds on its own day."""
    due = _due(article, policy, in_top)
    found = _findings(article, policy, as_of, due)
    reasons = [reason for state, reason in found if state is State.EXPIRED or not policy.for_outsiders]
    servable = article.valid_from is None or article.valid_from <= as_of
    if not servable:
        reasons.append(f"自 {article.valid_from} 起生效，目前尚未生效")
    return Freshness(
        state=found[0][0] if found else State.FRESH,
        reasons=tuple(reasons),
        due=due,
        days_overdue=_days_overdue(article, as_of, due),
        servable=servable,
    )


def is_valid(article: Article, as_of: date) -> bool:
    """Whether an article is in force on a day: servable and not expired, as ``assess`` says at greater length."""
    begun = article.valid_from is None or article.valid_from <= as_of
    return begun and (article.valid_to is None or as_of <= article.valid_to)


def misdated(article: Article, today: date) -> Signal | None:
    """What speaks against an article whose dates are still to come; ``today``: the real one, whatever day is judged.

    One day ahead is what another time zone calls today, or a clock that was set back.
    """
    named = (("审核日期", article.verified), ("更新日期", article.updated))
    ahead = [f"{name} {day} 还没有到" for name, day in named if day is not None and (day - today).days > 1]
    if not ahead:
        return None
    return Signal(SignalKind.MISDATED, "，".join(ahead), today, ("请核对年份；确认会把审核日期改成当天",))


def ranking_factor(state: State) -> float:
    """What to multiply a search score with: 0.6 expired, 0.85 stale, 1 otherwise.

    Bounded away from 0, so that an outdated answer sinks below its equals but can still be found.
    """
    return _RANKING_FACTORS.get(state, 1.0)


def add_interval(day: date, interval: Interval) -> date:
    """The day ``interval`` after ``day``; months end on the last day where the target month is shorter."""
    try:
        if interval.unit == "m":
            return _add_months(day, interval.count)
        return day + timedelta(days=interval.count * _DAYS[interval.unit])
    except (OverflowError, ValueError):  # beyond the year 9999: as good as never
        return date.max


def _add_months(day: date, count: int) -> date:
    years, month0 = divmod(day.month - 1 + count, 12)
    year, month = day.year + years, month0 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _due(article: Article, policy: Policy, in_top: bool) -> date | None:
    """The day by which an article has to be verified again; None when it never was."""
    verified = article.verified
    if verified is None:
        return None
    return min(add_interval(verified, interval) for interval in _intervals(article, policy, in_top))


def _intervals(article: Article, policy: Policy, in_top: bool) -> list[Interval]:
    """Those of which the shortest holds."""
    if article.review_every is not None:
        return [article.review_every]
    choices = (
        policy.by_owner.get(article.owner or ""),
        policy.by_kind.get(article.kind),
        policy.by_priority.get(article.priority),
    )
    usual = [interval for interval in choices if interval is not None] or [policy.default_interval]
    return [*usual, policy.top_interval] if in_top else usual


def _findings(article: Article, policy: Policy, as_of: date, due: date | None) -> list[tuple[State, str]]:
    """Every state that holds with its reason, in order of precedence."""
    found = []
    if article.valid_to is not None and article.valid_to < as_of:
        found.append((State.EXPIRED, f"有效期至 {article.valid_to}，已过 {(as_of - article.valid_to).days} 天"))
    if due is not None and due < as_of:
        found.append((State.STALE, f"应于 {due} 前复核，已超 {(as_of - due).days} 天"))
    if article.verified is None:
        found.append((State.NEVER_VERIFIED, "从未审核"))
    elif article.updated is not None and article.updated > article.verified:
        found.append((State.CHANGED, f"{article.updated} 修改后尚未审核"))
    if due is not None and 0 <= (due - as_of).days <= policy.due_days:
        found.append((State.DUE, _due_reason((due - as_of).days, due)))
    return found


def _due_reason(days_left: int, due: date) -> str:
    if days_left == 0:
        return f"应于 {due} 前复核，今天到期"
    return f"应于 {due} 前复核，还剩 {days_left} 天"


def _days_overdue(article: Article, as_of: date, due: date | None) -> int:
    """Whole days since the earliest of what has been missed; a first review is missed from the start."""
    missed = (article.valid_to, article.created or article.updated if due is None else due)
    return max((as_of - day).days for day in (*missed, as_of) if day is not None)
