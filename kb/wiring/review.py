"""Review on the database of an installation: what speaks against articles, the queue, the weekly report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from kb.config import Settings
from kb.ports.catalog import Catalog
from kb.ports.events import EventLog
from kb.ports.history import History
from kb.reports.weekly import WeeklyReports
from kb.review.examining import Examiner
from kb.review.queue import ReviewQueue
from kb.review.signals import ReviewSignals
from kb.store.database import Database
from kb.store.findings import Findings
from kb.store.reviews import Reviews
from kb.usecases.question import Vocabulary
from kb.wiring.basics import local_now, policy_of
from kb.wiring.reports import build_reports

#: the order of the review queue may be so far behind what agents do
_RECOUNT_AFTER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class ReviewParts:
    """What of the system is about review."""

    queue: ReviewQueue
    reviews: Reviews
    examiner: Examiner
    reports: WeeklyReports


def build_review(
    settings: Settings,
    database: Database,
    catalog: Catalog,
    history: History,
    events: EventLog,
    vocabulary: Callable[[], Vocabulary],
) -> ReviewParts:
    """``vocabulary`` is asked for only when the values of two articles have to be compared."""
    findings, reviews = Findings(database), Reviews(database)
    signals = ReviewSignals(catalog, events, findings, reviews)
    return ReviewParts(
        queue=ReviewQueue(catalog, events, policy_of(settings), signals, _RECOUNT_AFTER),
        reviews=reviews,
        examiner=Examiner(catalog, history, findings, settings.articles, vocabulary, local_now),
        reports=build_reports(settings, database, reviews),
    )
