"""The whole system, put together; nothing else knows which adapter is used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from kb.checking.checker import Checker
from kb.config import Settings
from kb.content.dictionaries import read_dictionaries
from kb.content.dictionary_files import DictionaryFiles
from kb.content.git_history import GitHistory
from kb.content.reader import ArticleFiles
from kb.content.saving import ArticleSaver
from kb.editing.bulk_edits import BulkEdits
from kb.editing.dictionary_editor import DictionaryEditor
from kb.editing.editor import Editor
from kb.editing.fates import Fates
from kb.editing.history import ArticleHistory
from kb.editing.moving import Moving
from kb.editing.writing import Writing
from kb.ports.engine import SearchEngine
from kb.ports.reviews import Reviews
from kb.review.verdicts import Verdicts
from kb.service import Service
from kb.snapshots import Habits, Snapshots, all_and_public
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.drafts import Drafts
from kb.store.events import EventLog
from kb.store.faq_snapshots import FaqSnapshots
from kb.store.followed import Followed
from kb.store.gap_verdicts import GapVerdicts
from kb.store.gaps import GapLog
from kb.store.learning import LearnedStore
from kb.store.log_writer import LogWriter
from kb.store.query_log import QueryLog
from kb.store.revisions import Revisions
from kb.store.spool import Spool, SpooledEventLog, SpooledGapLog, SpooledQueryLog
from kb.system import Editing, System
from kb.usecases.activity import Activity
from kb.usecases.gaps import GapList
from kb.usecases.indexing import Indexer
from kb.usecases.learning import Learning
from kb.usecases.question_edits import QuestionEditor
from kb.usecases.semantic import Semantic
from kb.wiring.access import build_access
from kb.wiring.basics import local_now, policy_of, shared_key
from kb.wiring.bulk import try_to_finish_import
from kb.wiring.reminders import build_reminders
from kb.wiring.review import build_review
from kb.wiring.search import build_engine, build_semantic, build_vocabulary, fingerprint, vocabulary_of


@dataclass(frozen=True, slots=True)
class _Ground:
    """What everything else stands on: the files and the database."""

    settings: Settings
    database: Database
    files: ArticleFiles
    catalog: Catalog
    history: Revisions
    saver: ArticleSaver
    commits: GitHistory | None

    @classmethod
    def of(cls, settings: Settings) -> _Ground:
        """Raises StoreError when the database can't be used."""
        database, files = Database(settings.database), ArticleFiles(settings.articles, settings.channels)
        catalog, history = Catalog(database), Revisions(database)
        commits = GitHistory(settings.articles) if settings.git_commit else None
        return cls(
            settings, database, files, catalog, history, ArticleSaver(files, catalog, history, commits=commits), commits
        )


def build_service(settings: Settings, may_write: Callable[[], None] = lambda: None) -> Service:
    """The whole system on the folders of ``settings``. Raises StoreError when the database can't be used.

    ``may_write`` raises while another machine writes the index.
    """
    try_to_finish_import(settings)
    ground = _Ground.of(settings)
    database, catalog, files = ground.database, ground.catalog, ground.files
    log_writer = LogWriter(database.together)
    queries, events, gaps = _logs(settings, database)
    engine, semantic = build_engine(settings), build_semantic(settings)
    activity = Activity(queries, events, gaps, log_writer.put, local_now)
    changed = threading.Event()
    questions = QuestionEditor(files, ground.saver, changed.set)
    learning = Learning(events, LearnedStore(database), catalog, questions, local_now)
    follows = settings.role == "search"
    habits = Followed(database).habits if follows else activity.habits
    everything, public = _snapshots(ground, events, habits, learning, engine, semantic)
    review = build_review(
        settings, database, catalog, ground.history, events, lambda: everything.current().searcher.vocabulary
    )
    return Service(
        System(
            access=build_access(settings, database, log_writer),
            articles=settings.articles,
            catalog=catalog,
            engine=engine,
            indexer=Indexer(files, catalog, engine, fingerprint(engine), ground.history, local_now, may_write),
            snapshots=everything,
            public=public,
            activity=activity,
            queue=review.queue,
            reviews=review.reviews,
            examiner=review.examiner,
            reports=review.reports,
            reminders=build_reminders(settings, database),
            learning=learning,
            gaps=GapList(activity, GapVerdicts(database), catalog, questions, local_now),
            editing=_editing(ground, changed, review.reviews, lambda: (everything.refresh(), public.refresh())),
            checker=Checker(files, catalog, settings.variables),
            channels=settings.channels,
            variables=settings.variables,
            log_writer=log_writer,
            check_store=database.check,
            now=local_now,
            semantic=semantic,
            writer=settings.writer_url if follows else None,
        )
    )


def _logs(settings: Settings, database: Database) -> tuple[QueryLog, EventLog, GapLog]:
    """What agents do: written into the log, or on a search node on its way there."""
    key = shared_key(settings, "senders")
    if settings.role != "search":
        return QueryLog(database), EventLog(database, key), GapLog(database)
    spool = Spool(database)
    return SpooledQueryLog(database, spool), SpooledEventLog(database, key, spool), SpooledGapLog(database, spool)


def _snapshots(
    ground: _Ground,
    events: EventLog,
    habits: Callable[[], Habits],
    learning: Learning,
    engine: SearchEngine,
    semantic: Semantic | None,
) -> tuple[Snapshots, Snapshots]:
    """Of all articles, and of the public ones."""
    settings = ground.settings
    return all_and_public(
        ground.catalog,
        events,
        FaqSnapshots(ground.database),
        policy_of(settings),
        habits,
        learning,
        engine=engine,
        kept=settings.data,
        channels=settings.channels,
        # loading them takes a second, so they are kept while they fit
        vocabulary=lru_cache(maxsize=1)(lambda digest: build_vocabulary(settings)),
        dictionaries_digest=lambda: read_dictionaries(settings.articles)[0].digest,
        now=local_now,
        semantic=semantic,
    )


def _editing(
    ground: _Ground, changed: threading.Event, reviews: Reviews, dictionaries_changed: Callable[[], object]
) -> Editing:
    history, drafts = ground.history, Drafts(ground.database)
    writing = Writing(ground.files, ground.catalog, ground.saver, local_now, changed.set)
    told = ArticleHistory(writing, history)
    return Editing(
        editor=Editor(writing, drafts, history),
        history=told,
        moving=Moving(writing, drafts),
        bulk=BulkEdits(writing, told),
        fates=Fates(writing, history),
        verdicts=Verdicts(writing, told, history, reviews),
        dictionaries=DictionaryEditor(
            DictionaryFiles(ground.settings.articles, history),
            history,
            lambda dictionaries: vocabulary_of(dictionaries, ground.settings),
            local_now,
            dictionaries_changed,
        ),
        changed=changed,
        commits=ground.commits,
    )
