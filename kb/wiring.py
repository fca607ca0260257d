"""The composition root: settings in, a Service with its adapters out. Nothing else knows which adapter is used."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path

from kb.bulk import exporting
from kb.bulk.exporting import ExportReport
from kb.bulk.importing import ImportOptions, ImportReport
from kb.bulk.importing import import_file as import_rows
from kb.config import Settings
from kb.content.dictionaries import read_dictionaries
from kb.content.lint import lint as check_files
from kb.content.reader import ArticleFiles
from kb.content.transaction import Journal, recover, undo
from kb.engines.whoosh_engine import WhooshEngine
from kb.engines.whoosh_index import FORMAT_VERSION
from kb.model import Article, ArticleRecord, Problem, SearchRequest
from kb.ports.engine import SearchEngine
from kb.rules.freshness import Policy, assess
from kb.rules.query import MAX_QUERY
from kb.service import Service, Vocabulary
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.faq_snapshots import FaqSnapshots
from kb.store.query_log import QueryLog
from kb.text.analyzer import ANALYZER_VERSION
from kb.text.normalize import normalize
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from kb.usecases.documents import index_document
from kb.usecases.faq import FaqPanels
from kb.usecases.indexing import Indexer
from kb.usecases.library import Library
from kb.usecases.progress import Progress, silent
from kb.usecases.searching import Searcher
from kb.usecases.staleness import ReviewQueue
from kb.usecases.suggesting import build_suggester

#: How long an answer may wait for its log entry while another process writes.
LOG_PATIENCE_MS = 200


def build_service(settings: Settings) -> Service:
    """The whole system on the folders of ``settings``. Raises StoreError when the database can't be used."""
    _finish_import(settings)
    database = Database(settings.database)
    logs = Database(settings.database, busy_timeout_ms=LOG_PATIENCE_MS)
    catalog, events = Catalog(database), EventLog(logs)
    policy = _policy(settings)
    engine = build_engine(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    return Service(
        catalog=catalog,
        engine=engine,
        indexer=Indexer(files, catalog, engine, fingerprint(engine)),
        query_log=QueryLog(logs),
        events=events,
        panels=FaqPanels(catalog, events, FaqSnapshots(database), policy),
        queue=ReviewQueue(catalog, events, policy),
        policy=policy,
        channels=settings.channels,
        vocabulary=lambda: build_vocabulary(settings),
        dictionaries_digest=lambda: read_dictionaries(settings.articles)[0].digest,
        check_store=database.check,
    )


def lint(settings: Settings, paths: Sequence[Path] = ()) -> list[Problem]:
    """Everything wrong in the article files, or only in ``paths``."""
    _finish_import(settings)
    return check_files(ArticleFiles(settings.articles, settings.channels), paths)


def import_file(settings: Settings, path: Path, options: ImportOptions, progress: Progress = silent) -> ImportReport:
    """Take over the rows of a file as article files. Raises BulkImportError."""
    _finish_import(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    return import_rows(path, files, settings.import_dir, date.today(), options, progress)


def undo_import(settings: Settings) -> Journal:
    """Take the last import back. Raises BulkImportError when that can't be done exactly."""
    return undo(settings.articles, settings.import_dir)


def export_file(settings: Settings, target: Path, form: str, progress: Progress = silent) -> ExportReport:
    """Write all articles to one file. Raises OSError."""
    _finish_import(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    policy, today = _policy(settings), date.today()
    return exporting.export_file(target, form, files, lambda article: assess(article, policy, today), progress)


def _finish_import(settings: Settings) -> None:
    """Complete or drop an import that was killed, so that nobody works on half of it."""
    recover(settings.articles, settings.import_dir)


def _policy(settings: Settings) -> Policy:
    return Policy(default_interval=settings.review_every, top_interval=settings.review_top)


def build_engine(settings: Settings) -> SearchEngine:
    """The engine that ``settings.engine`` names; ``auto`` is Whoosh, the only one of this version."""
    return WhooshEngine(settings.index_dir, settings.lock_timeout)


def fingerprint(engine: SearchEngine) -> str:
    """All that the index depends on besides the articles; another one means: rebuild."""
    libraries = " ".join(f"{name} {version(name)}" for name in ("whoosh", "opencc"))
    return f"{engine.name} format {FORMAT_VERSION}, analyzer {ANALYZER_VERSION}, {libraries}"


def build_vocabulary(settings: Settings) -> Vocabulary:
    """Tokenizer and stop words from the program's lists and ``articles/_dict``."""
    dictionaries, _ = read_dictionaries(settings.articles)
    tokenizer = Tokenizer(map(normalize, dictionaries.terms), cache_dir=settings.data)
    return Vocabulary(tokenizer, function_words() | set(map(normalize, dictionaries.stopwords)))


@contextmanager
def evaluation_search(articles: Sequence[Article], settings: Settings) -> Iterator[Callable[[str], list[str]]]:
    """A throw-away index over ``articles`` behind the ordinary search: text -> ranked ids."""
    records = _InMemory({article.id: ArticleRecord(article, article.id, article.id) for article in articles})
    policy, tokenizer = Policy(), Tokenizer()
    library = Library.of(records.values())
    verdict = lambda record: assess(record.article, policy, date.today())  # noqa: E731
    suggest = build_suggester(tuple(records.values()), library, verdict, {}, (), tokenizer)
    with tempfile.TemporaryDirectory(prefix="kb-eval-") as folder:
        engine = WhooshEngine(Path(folder), settings.lock_timeout)
        engine.rebuild((index_document(article, article.id) for article in articles), fingerprint(engine))
        searcher = Searcher(
            engine=engine,
            articles=records,
            library=library,
            tokenizer=tokenizer,
            stop_words=function_words(),
            freshness=lambda record, day: assess(record.article, policy, day),
            by_pinyin=lambda text: [row.id for row in suggest(text, 50) if row.id],
            channels=settings.channels,
        )
        tokenizer.warm_up()
        yield lambda text: [hit.record.article.id for hit in searcher.search(SearchRequest(text[:MAX_QUERY])).hits]
        engine.close()


class _InMemory(dict[str, ArticleRecord]):
    def get_many(self, ids: Sequence[str]) -> Mapping[str, ArticleRecord]:
        return {article_id: self[article_id] for article_id in ids if article_id in self}
