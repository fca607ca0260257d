"""The parts of the running system, put together by ``kb.wiring``; the service and every desk work on the same ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from kb.access import Access
from kb.checking.checker import Checker
from kb.content.git_history import GitHistory
from kb.editing.bulk_edits import BulkEdits
from kb.editing.dictionary_editor import DictionaryEditor
from kb.editing.editor import Editor
from kb.editing.fates import Fates
from kb.editing.history import ArticleHistory
from kb.editing.moving import Moving
from kb.errors import IndexCorrupt, IndexMissing
from kb.model import Caller
from kb.notify.reminders import Reminders
from kb.ports.catalog import Catalog
from kb.ports.engine import SearchEngine
from kb.ports.reviews import Reviews
from kb.reports.weekly import WeeklyReports
from kb.review.examining import Examiner
from kb.review.queue import ReviewQueue
from kb.review.verdicts import Verdicts
from kb.snapshots import Snapshots
from kb.store.log_writer import LogWriter
from kb.usecases.activity import Activity
from kb.usecases.gaps import GapList
from kb.usecases.indexing import Indexer
from kb.usecases.learning import Learning
from kb.usecases.semantic import Semantic


@dataclass(frozen=True, slots=True)
class Editing:
    """Changing and judging articles, changing dictionaries; ``changed``: upkeep has to let searches follow."""

    editor: Editor
    history: ArticleHistory
    moving: Moving
    bulk: BulkEdits
    fates: Fates
    verdicts: Verdicts
    dictionaries: DictionaryEditor
    changed: threading.Event
    commits: GitHistory | None = None


@dataclass(frozen=True, slots=True)
class System:
    """``articles`` is the folder of the files; ``snapshots`` are of all articles, ``public`` of those that anybody may
    see. ``now`` gives an aware datetime; ``damaged`` is set when a search met damage that upkeep has to mend.
    ``writer`` is the address of the machine on which articles are changed, ``""`` if nobody knows it; None: this one.
    """

    access: Access
    articles: Path
    catalog: Catalog
    engine: SearchEngine
    indexer: Indexer
    snapshots: Snapshots
    public: Snapshots
    activity: Activity
    queue: ReviewQueue
    reviews: Reviews
    reports: WeeklyReports
    examiner: Examiner
    reminders: Reminders
    learning: Learning
    gaps: GapList
    editing: Editing
    checker: Checker
    channels: tuple[str, ...]
    variables: tuple[str, ...]
    log_writer: LogWriter
    check_store: Callable[[], None]
    now: Callable[[], datetime]
    semantic: Semantic | None = None
    writer: str | None = None
    damaged: threading.Event = field(default_factory=threading.Event)

    def seen_by(self, caller: Caller) -> Snapshots:
        """What there is for ``caller``."""
        return self.snapshots if caller.sees_internal else self.public

    def today(self) -> date:
        """The calendar day where the server stands."""
        return self.now().date()

    @contextmanager
    def noticing_damage(self) -> Iterator[None]:
        """``Service.mend`` repairs what a search within has met."""
        try:
            yield
        except (IndexCorrupt, IndexMissing):
            self.damaged.set()
            raise
