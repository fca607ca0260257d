"""The weekly report, field by field: what the API answers, what a stored snapshot holds, what the files are made of."""

from __future__ import annotations

from typing import Annotated, TypedDict

from kb.shapes import Count, Day, FreshnessState

Change = Annotated[str, ("enum", ("new", "changed", "restored", "archived", "withdrawn", "deleted"))]
#: ISO 8601, such as 2026-W47
IsoWeek = Annotated[str, ("pattern", "^[0-9]{4}-W[0-9]{2}$")]


class States(TypedDict):
    """Published articles by freshness."""

    expired: Count
    stale: Count
    never_verified: Count
    changed: Count
    due: Count
    fresh: Count


class Verdicts(TypedDict):
    """Reviews by verdict."""

    confirm: Count
    revise: Count
    archive: Count


class Changes(TypedDict):
    """Articles that changed for agents, each counted once, by what became of it."""

    new: Count
    changed: Count
    restored: Count
    archived: Count
    withdrawn: Count
    deleted: Count


class Coverage(TypedDict):
    """Of the FAQ panel's ``articles`` (200 at most): how many have a script, how many were verified in the week."""

    articles: Count
    with_script: Count
    verified: Count


class Backlog(TypedDict):
    """``waiting``: the review queue by dates; ``overdue``: those of it that are late; ``overdue_exposure``: how often
    these were viewed and copied in 28 days; ``never_verified``: articles without any review.
    """

    waiting: Count
    overdue: Count
    overdue_exposure: Count
    never_verified: Count


class Use(TypedDict):
    """What agents did: ``failed`` searches found nothing; ``copied_stale``: copies of expired or stale answers."""

    searches: Count
    failed: Count
    gap_reports: Count
    views: Count
    copies: Count
    copied_stale: Count


class WeekFigures(TypedDict):
    """One week in numbers. ``median_days``: from an article's last verification to the week's end, null: none."""

    week: IsoWeek
    articles: Count
    states: States
    backlog: Backlog
    median_days: float | None
    top: Coverage
    reviews: Verdicts
    changes: Changes
    use: Use


class OwnerFigures(TypedDict):
    """One business department; ``reviews`` were done on its articles."""

    owner: str | None
    articles: Count
    states: States
    reviews: Count
    waiting: Count
    overdue: Count
    median_days: float | None


class ReviewerFigures(TypedDict):
    """What one reviewer said."""

    user: str
    reviews: Verdicts


class UsedArticle(TypedDict):
    """An article and how often it was copied; in ``copied_stale`` only copies made while it was expired or stale."""

    id: str
    title: str
    owner: str | None
    state: FreshnessState | None
    copies: Count
    views: Count


class ChangedArticle(TypedDict):
    """What became of an article, and who did it; ``edits`` counts its versions of the week."""

    id: str
    title: str
    owner: str | None
    change: Change
    edits: Count
    authors: list[str]


class WeekReport(TypedDict):
    """What is stored of a week. ``as_of``: the day by which articles were judged; ``notes``: what isn't known."""

    week: IsoWeek
    first_day: Day
    last_day: Day
    as_of: Day
    ended: bool
    notes: list[str]
    figures: WeekFigures
    owners: list[OwnerFigures]
    reviewers: list[ReviewerFigures]
    most_used: list[UsedArticle]
    copied_stale: list[UsedArticle]
    changed: list[ChangedArticle]


class WeeklyReport(WeekReport):
    """``reports/weekly``: a week, and up to a year of weeks until it. ``names`` false: authors and reviewers are told
    to reviewers only, and left out here.
    """

    names: bool
    trend: list[WeekFigures]
