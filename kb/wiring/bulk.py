"""Import and export of many articles, told to the history."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from kb.bulk import exporting
from kb.bulk.exporting import ExportReport
from kb.bulk.importing import ImportOptions, ImportReport, contents_undone
from kb.bulk.importing import import_file as import_rows
from kb.config import Settings
from kb.content.journal import Journal
from kb.content.reader import ArticleFiles
from kb.content.transaction import recover, undo
from kb.errors import BulkImportError, StoreError
from kb.ports.history import Content, Edit
from kb.rules.freshness import assess
from kb.store.database import Database
from kb.store.revisions import Revisions
from kb.usecases.progress import Progress, silent
from kb.wiring.basics import local_now, policy_of

log = logging.getLogger(__name__)


def import_file(settings: Settings, path: Path, options: ImportOptions, progress: Progress = silent) -> ImportReport:
    """Take over the rows of a file as article files. Raises BulkImportError."""
    try_to_finish_import(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    told = partial(_told, settings, "publish", path.name)
    return import_rows(path, files, settings.import_dir, date.today(), options, progress, told)


def undo_import(settings: Settings) -> Journal:
    """Take the last import back. Raises BulkImportError when that can't be done exactly."""
    files = ArticleFiles(settings.articles, settings.channels)
    try:
        with _told(settings, "restore", "撤销导入", contents_undone(files, settings.import_dir)):
            return undo(settings.articles, settings.import_dir)
    except OSError as error:
        raise BulkImportError(f"没有撤销：{error.filename} 读写不了（{error.strerror}）；请检查磁盘和权限。") from error


@contextmanager
def _told(settings: Settings, action: str, note: str, contents: Sequence[Content]) -> Iterator[None]:
    """Let the history know of an import; where it can't, the import goes on, and the next scan records it."""
    history: Revisions | None = None
    numbers: tuple[int, ...] = ()
    with _logging_trouble():
        history = Revisions(Database(settings.database))
        numbers = history.intend(Edit(local_now(), "", "import", action, note), contents)
    yield
    with _logging_trouble():
        if history is not None:
            history.written(numbers)


@contextmanager
def _logging_trouble() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        log.warning("历史没有记下这次导入，下一次检查文件时会补记：%s", error)


def export_file(settings: Settings, target: Path, form: str, progress: Progress = silent) -> ExportReport:
    """Write all articles to one file. Raises OSError."""
    try_to_finish_import(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    policy, today = policy_of(settings), date.today()
    return exporting.export_file(target, form, files, lambda article: assess(article, policy, today), progress)


def finish_import(settings: Settings) -> None:
    """Complete or drop an import that was killed. Raises BulkImportError when that isn't possible now."""
    recover(settings.articles, settings.import_dir)


def try_to_finish_import(settings: Settings) -> None:
    """The same, so that nobody works on half of it; what can't be done now is tried again."""
    try:
        finish_import(settings)
    except BulkImportError as error:
        log.warning("%s", error)
