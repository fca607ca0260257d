"""The JSON documents about what reviewers say; see ``kb.contracts`` for the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kb import model
from kb.review import progress, sent_back
from kb.review.verdicts import Outcome
from kb.shapes import reviews as shapes


def review_document(review: model.Review) -> shapes.Review:
    """A verdict that stands."""
    return {
        "number": review.id,
        "id": review.article_id,
        "verdict": review.verdict.value,
        "by": review.user,
        "at": review.at.isoformat(timespec="milliseconds"),
        "note": review.note,
        "revision": review.revision,
        "written": review.written,
    }


def given_document(outcome: Outcome) -> shapes.GivenReview:
    """A verdict that was just given."""
    if outcome.review is None:
        raise ValueError(f"no verdict was given on {outcome.article_id}")
    return {**review_document(outcome.review), "now": outcome.revision, "remarks": list(outcome.remarks)}


def reviews_document(reviews: Sequence[model.Review], limit: int, offset: int) -> shapes.Reviews:
    """A page of them."""
    return {
        "total": len(reviews),
        "items": [review_document(review) for review in reviews[offset : offset + limit]],
    }


def confirmations_document(outcomes: Iterable[Outcome]) -> shapes.Confirmations:
    """What became of each article."""
    return {
        "items": [
            {
                "id": outcome.article_id,
                "review": review_document(outcome.review) if outcome.review else None,
                "trouble": outcome.trouble,
                "remarks": list(outcome.remarks),
            }
            for outcome in outcomes
        ]
    }


def sent_back_document(items: Iterable[sent_back.SentBack]) -> shapes.AllSentBack:
    """What waits for its owner or, edited, for the reviewer."""
    return {
        "items": [
            {
                "id": sent.article.id,
                "title": sent.article.title,
                "owner": sent.article.owner,
                "answered": sent.is_answered,
                "review": review_document(sent.review),
            }
            for sent in items
        ]
    }


def progress_document(week: progress.Progress) -> shapes.Progress:
    """How far the reviews of a week are."""
    return {
        "monday": week.monday.isoformat(),
        "done": week.done,
        "left": week.left,
        "by_verdict": {verdict.value: count for verdict, count in week.by_verdict.items()},
        "by_reviewer": week.by_reviewer,
    }
