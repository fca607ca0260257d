"""The weekly report on the database and the article files of an installation."""

from __future__ import annotations

from functools import partial

from kb.config import Settings
from kb.content.reader import ArticleFiles
from kb.ports.reviews import Reviews
from kb.reports.computation import WeeklySources
from kb.reports.weekly import WeeklyReports
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.faq_snapshots import FaqSnapshots
from kb.store.gaps import GapLog
from kb.store.query_log import QueryLog
from kb.store.revisions import Revisions
from kb.store.weekly_snapshots import WeeklySnapshots
from kb.wiring.basics import house_now, policy_of


def build_reports(settings: Settings, database: Database, reviews: Reviews) -> WeeklyReports:
    """Weeks are those of the setting ``timezone``."""
    sources = WeeklySources(
        history=Revisions(database),
        catalog=Catalog(database),
        files=ArticleFiles(settings.articles, settings.channels),
        reviews=reviews,
        events=EventLog(database),
        queries=QueryLog(database),
        gaps=GapLog(database),
        rankings=FaqSnapshots(database),
    )
    return WeeklyReports(
        sources,
        WeeklySnapshots(database),
        policy_of(settings),
        settings.timezone,
        partial(house_now, settings),
        settings.retention_days,
    )
