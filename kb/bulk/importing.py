"""``kb import``: rows from elsewhere become article files, in one change that is made as a whole and can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kb.bulk.columns import Columns
from kb.bulk.places import parent_of
from kb.bulk.planning import ADDED, CHANGED, SAME, WRONG, Outcome, Planner
from kb.bulk.rows import BadRow, Row, Source
from kb.bulk.source import open_source
from kb.content.documents import revision_of
from kb.content.reader import ArticleFiles
from kb.content.scanning import INDEX_NAME
from kb.content.transaction import Transaction, last_change
from kb.content.writer import render_document
from kb.errors import BulkImportError
from kb.ports.history import Content
from kb.usecases.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """``product`` (slug or title, made when missing) takes all rows, with the last element of the category as scenario;
    without it the first element is the product. ``skip_errors``: wrong rows are left out instead of stopping all."""

    product: str | None = None
    dry_run: bool = False
    skip_errors: bool = False


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What became, or would become, of one row. ``path`` is the article file, ``""`` for a wrong row."""

    line: int
    id: str
    verdict: str
    path: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The verdicts in the order of the file; ``written`` is False after a dry run or when a row was wrong.
    ``unused``: headings of columns that mean nothing here. ``made``: what is said of new folders, each once."""

    rows: tuple[RowVerdict, ...]
    written: bool
    unused: tuple[str, ...] = ()
    made: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """verdict -> number of rows, all four verdicts."""
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in (ADDED, CHANGED, SAME, WRONG)}


#: told what the articles are to say, around the moment from which they do
Witness = Callable[[Sequence[Content]], AbstractContextManager[object]]


def import_file(
    path: Path,
    files: ArticleFiles,
    home: Path,
    today: date,
    options: ImportOptions = ImportOptions(),
    progress: Progress = silent,
    told: Witness = nullcontext,
) -> ImportReport:
    """Take over the rows of a file or folder; ``home`` is where the transaction keeps its journal, ``told`` surrounds
    the moment when the files are put in place.

    Raises BulkImportError when the file can't be read or the articles folder can't be written.
    """
    columns = Columns(files.channels)
    source = open_source(path, columns)
    try:
        with closing(source), nullcontext() if options.dry_run else Transaction(files.root, home) as transaction:
            planner = Planner(files, columns, today, options.product, progress)
            return _taken(source, planner, transaction, options, progress, told)
    except OSError as error:
        raise BulkImportError(
            f"写不了 {error.filename or files.root}（{error.strerror}），没有导完；请检查磁盘和权限后再执行一次。"
        ) from error


def contents_undone(files: ArticleFiles, home: Path) -> list[Content]:
    """What articles will say once the last import is taken back; nothing where there is none, or files are gone."""
    journal = last_change(home)
    changes = [change for change in journal.changes if not change.path.endswith(f"/{INDEX_NAME}")] if journal else []
    back, gone = {}, []
    for change in changes:
        place = home / "last" / "old" / change.path if change.before else files.root / change.path
        if not place.exists():
            continue
        version = files.judge(change.path, place.read_bytes(), {})
        article_id = version.article.id if version.article else ""
        if change.before:
            back[article_id] = Content(article_id, change.path, change.before, version.source)
        else:
            gone.append(Content(article_id, change.path))
    return [*(content for content in gone if content.article_id not in back), *back.values()]


def _taken(
    source: Source,
    planner: Planner,
    transaction: Transaction | None,
    options: ImportOptions,
    progress: Progress,
    told: Witness,
) -> ImportReport:
    """Judge every row, and publish them when they are good enough."""
    verdicts: list[RowVerdict] = []
    folders: set[str] = set()
    contents: list[Content] = []
    for row in progress(source.rows, source.total, "导入"):
        outcome = _outcome(planner, row)
        verdicts.append(RowVerdict(row.line, outcome.id, outcome.verdict, outcome.path, outcome.reason))
        if outcome.source is not None:
            folders.add(parent_of(outcome.path))
            if transaction is not None:
                _stage(transaction, outcome)
                data = outcome.source.encode()
                contents.append(Content(outcome.id, outcome.path, revision_of(data), outcome.source))
    written = transaction is not None and (options.skip_errors or all(row.verdict != WRONG for row in verdicts))
    if transaction is not None and written and folders:
        _stage_folders(transaction, planner, folders)
        with told(contents):
            transaction.publish()
    return ImportReport(tuple(verdicts), written, source.unused, planner.places.news(folders))


def _outcome(planner: Planner, row: Row | BadRow) -> Outcome:
    return Outcome(WRONG, "", reason=row.reason) if isinstance(row, BadRow) else planner.outcome(row)


def _stage(transaction: Transaction, outcome: Outcome) -> None:
    assert outcome.source is not None  # noqa: S101  # the caller looked
    moved = outcome.old_path != outcome.path
    if outcome.old_path and moved:
        transaction.remove(outcome.old_path, outcome.before)
    transaction.put(outcome.path, outcome.source.encode(), "" if moved else outcome.before)


def _stage_folders(transaction: Transaction, planner: Planner, folders: Iterable[str]) -> None:
    """The ``_index.md`` of every new folder that gets an article."""
    needed = {place for folder in folders for place in (folder, parent_of(folder))}
    for path, title in planner.places.planned.items():
        if path in needed:
            transaction.put(f"{path}/{INDEX_NAME}", render_document({"title": title}).encode())
