"""What calendars and feed readers are told of reviews: on which days something is due, and what has newly come up.

Both are pure; ``kb.review.feed_files`` writes them. The calendar looks ahead, the news look back: that a review is
due next week stands in the calendar only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kb.model import Article, Freshness, State
from kb.review.queue import ReviewItem

_AHEAD = timedelta(days=366)
_DAY = timedelta(days=1)
_MOST_NEWS = 100
#: when nobody wrote down any day
_LONG_AGO = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Task:
    """One article in a calendar; ``reason``: why it is there, in words."""

    id: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class DueDay:
    """What is to be reviewed on a day: the riskiest first today, later by title. ``missed``: how many of the tasks are
    overdue.
    """

    day: date
    tasks: tuple[Task, ...]
    missed: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """Something came up about an article on the day ``since``; ``item`` is all that holds now."""

    since: date
    item: ReviewItem


def due_days(queue: Sequence[ReviewItem], judged: Iterable[tuple[Article, Freshness]], today: date) -> list[DueDay]:
    """One entry for each day of the next year on which something is due, in order of date.

    What the ``queue`` says of ``today`` has to be done is today's, however long it has waited: nobody looks for work
    in last week's calendar. Every other article (``judged``: the published ones) stands once, on the next of its days.
    """
    pressing = [item for item in queue if _presses(item)]
    waiting = {item.id for item in pressing}
    days: defaultdict[date, list[Task]] = defaultdict(list)
    for article, freshness in judged:
        found = None if article.id in waiting else _next_day(article, freshness, today)
        if found is not None:
            days[found[0]].append(Task(article.id, article.title, found[1]))
    listed = {day: sorted(tasks, key=lambda task: (task.title, task.id)) for day, tasks in days.items()}
    listed[today] = [Task(i.id, i.title, "；".join(i.reasons)) for i in pressing] + listed.get(today, [])
    missed = {today: sum(item.days_overdue > 0 for item in pressing)}
    return [DueDay(day, tuple(listed[day]), missed.get(day, 0)) for day in sorted(listed) if listed[day]]


def news(queue: Iterable[ReviewItem], articles: Mapping[str, Article], today: date) -> list[News]:
    """What newly needs a review, was edited, sent back or reported: the latest first, 100 at most.

    An article that something else comes up about is news again, with another ``since``.
    """
    found = [News(_since(articles[i.id], i, today), i) for i in queue if _presses(i) and i.id in articles]
    return sorted(found, key=lambda one: (-one.since.toordinal(), one.item.id))[:_MOST_NEWS]


def _presses(item: ReviewItem) -> bool:
    """Whether there is something to do, not only a day ahead."""
    return item.state not in (State.DUE, State.FRESH) or bool(item.signals)


def _next_day(article: Article, freshness: Freshness, today: date) -> tuple[date, str] | None:
    """The next day on which the article is due, and why; None when that is more than a year ahead."""
    days = ((freshness.due, "复核期限"), (article.valid_to, "有效期最后一天"))
    ahead = [(day, why) for day, why in days if day is not None and today <= day <= today + _AHEAD]
    return min(ahead, default=None)


def _since(article: Article, item: ReviewItem, today: date) -> date:
    """The latest day on which something came up."""
    return max((day for day in _days_of_change(article, item) if day <= today), default=_LONG_AGO)


def _days_of_change(article: Article, item: ReviewItem) -> Iterator[date]:
    yield from (signal.since for signal in item.signals)
    yield from (last + _DAY for last in (article.valid_to, item.due) if last is not None and last < date.max)
    if item.due is None:
        yield from filter(None, (article.created, article.updated))
    elif article.updated is not None and article.verified is not None and article.updated > article.verified:
        yield article.updated
