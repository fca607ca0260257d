"""The JSON documents about what reviewers say, field by field; see ``kb.shapes`` for the others."""

from __future__ import annotations

from typing import Literal, TypedDict

from kb.shapes import Count, Day, Moment

VerdictName = Literal["confirm", "revise", "archive"]


class Review(TypedDict):
    """A verdict that stands. ``revision``: of the file that was judged; ``written``: number in the article's history of
    the change that the verdict made, null where it changed no file.
    """

    number: int
    id: str
    verdict: VerdictName
    by: str
    at: Moment
    note: str
    revision: str
    written: int | None


class GivenReview(Review):
    """``now``: revision of the file, with the verdict in it. ``remarks``: what a confirmation does not mend."""

    now: str
    remarks: list[str]


class Reviews(TypedDict):
    """``total`` of them there are, the latest first."""

    total: Count
    items: list[Review]


class Confirmation(TypedDict):
    """What became of one article; ``review`` is null when it was not confirmed, ``trouble`` says why."""

    id: str
    review: Review | None
    trouble: str
    remarks: list[str]


class Confirmations(TypedDict):
    """One for each article that was sent, in that order."""

    items: list[Confirmation]


class SentBack(TypedDict):
    """An article that was sent back. ``answered``: it has been edited since, it is the reviewer's turn."""

    id: str
    title: str
    owner: str | None
    answered: bool
    review: Review


class AllSentBack(TypedDict):
    """The latest first."""

    items: list[SentBack]


class Progress(TypedDict):
    """Verdicts of a week that stand, and how many articles are ``left`` in the queue now."""

    monday: Day
    done: Count
    left: Count
    by_verdict: dict[str, Count]
    by_reviewer: dict[str, Count]
