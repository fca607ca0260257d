"""The composition root: settings in, a Service with its adapters out. Nothing else knows which adapter is used."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path

from kb.access import Access
from kb.access.accounts import Accounts
from kb.access.audit import Audit
from kb.access.external import ExternalAccounts
from kb.access.logins import Logins
from kb.access.passwords import Passwords
from kb.access.providers import proxies, single_sign_on
from kb.access.sessions import Sessions
from kb.access.signing import Signer
from kb.access.throttle import Throttle
from kb.access.tokens import Tokens
from kb.bulk import exporting
from kb.bulk.exporting import ExportReport
from kb.bulk.importing import ImportOptions, ImportReport, contents_undone
from kb.bulk.importing import import_file as import_rows
from kb.checking.checker import Checker
from kb.config import Settings
from kb.content.checks.page import published_pages
from kb.content.dictionaries import read_dictionaries
from kb.content.dictionary_files import DictionaryFiles
from kb.content.git_history import GitHistory
from kb.content.journal import Journal
from kb.content.lint import is_below, places_of
from kb.content.lint import lint as check_files
from kb.content.reader import ArticleFiles
from kb.content.saving import ArticleSaver
from kb.content.strict import Strictness
from kb.content.transaction import recover, undo
from kb.editing.bulk_edits import BulkEdits
from kb.editing.dictionary_editor import DictionaryEditor
from kb.editing.editor import Editor
from kb.editing.fates import Fates
from kb.editing.history import ArticleHistory
from kb.editing.moving import Moving
from kb.editing.writing import Writing
from kb.embedding.providers import choose, remake
from kb.embedding.vector_file import VectorFile, stored_fingerprints
from kb.engines.whoosh_engine import WhooshEngine
from kb.engines.whoosh_index import FORMAT_VERSION
from kb.errors import BulkImportError, StoreError
from kb.model import Article, ArticleRecord, Freshness, Problem, State
from kb.ports.embedder import Embedder, VectorStore
from kb.ports.engine import SearchEngine
from kb.ports.history import Content, Edit
from kb.rules.freshness import Policy, assess
from kb.rules.rewriting import Synonyms
from kb.rules.vector_index import ArticleTexts
from kb.service import Service
from kb.snapshots import all_and_public
from kb.store.accounts import AccountStore
from kb.store.audit import AuditLog
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.drafts import Drafts
from kb.store.events import EventLog
from kb.store.faq_snapshots import FaqSnapshots
from kb.store.gap_verdicts import GapVerdicts
from kb.store.gaps import GapLog
from kb.store.learning import LearnedStore
from kb.store.log_writer import LogWriter
from kb.store.login_failures import LoginFailures
from kb.store.query_log import QueryLog
from kb.store.revisions import Revisions
from kb.store.secrets import server_key
from kb.store.sessions import SessionStore
from kb.store.tokens import TokenStore
from kb.system import Editing, System
from kb.text.analyzer import ANALYZER_VERSION
from kb.text.dictionaries import Dictionaries
from kb.text.normalize import normalize
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from kb.usecases.activity import Activity
from kb.usecases.documents import index_document
from kb.usecases.gaps import GapList
from kb.usecases.indexing import Indexer
from kb.usecases.learning import Learning
from kb.usecases.library import Library
from kb.usecases.progress import Progress, silent
from kb.usecases.question import Vocabulary
from kb.usecases.question_edits import QuestionEditor
from kb.usecases.retrieval import RetrievalCheck, RetrievalReport, Trial
from kb.usecases.searching import Searcher
from kb.usecases.semantic import Semantic
from kb.usecases.staleness import ReviewQueue
from kb.usecases.suggesting import build_suggester

log = logging.getLogger(__name__)


def build_service(settings: Settings) -> Service:
    """The whole system on the folders of ``settings``. Raises StoreError when the database can't be used."""
    _try_to_finish_import(settings)
    database = Database(settings.database)
    catalog, events, log_writer = Catalog(database), EventLog(database), LogWriter()
    policy = _policy(settings)
    engine = build_engine(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    activity = Activity(QueryLog(database), events, GapLog(database), log_writer.put, _now)
    history = Revisions(database)
    commits = GitHistory(settings.articles) if settings.git_commit else None
    saver = ArticleSaver(files, catalog, history, commits=commits)
    questions = QuestionEditor(files, saver)
    learning = Learning(events, LearnedStore(database), catalog, questions, _now)
    semantic = build_semantic(settings)
    everything, public = all_and_public(
        catalog,
        events,
        FaqSnapshots(database),
        policy,
        activity,
        learning,
        engine=engine,
        channels=settings.channels,
        # loading them takes a second, so they are kept while they fit
        vocabulary=lru_cache(maxsize=1)(lambda digest: build_vocabulary(settings)),
        dictionaries_digest=lambda: read_dictionaries(settings.articles)[0].digest,
        now=_now,
        semantic=semantic,
    )
    changed = threading.Event()
    writing = Writing(files, catalog, saver, _now, changed.set)
    told = ArticleHistory(writing, history)
    drafts = Drafts(database)
    system = System(
        access=build_access(settings, database, log_writer),
        articles=settings.articles,
        catalog=catalog,
        engine=engine,
        indexer=Indexer(files, catalog, engine, fingerprint(engine), history, _now),
        snapshots=everything,
        public=public,
        activity=activity,
        queue=ReviewQueue(catalog, events, policy),
        learning=learning,
        gaps=GapList(activity, GapVerdicts(database), catalog, questions, _now),
        dictionaries=DictionaryEditor(
            DictionaryFiles(settings.articles, history),
            history,
            lambda dictionaries: vocabulary_of(dictionaries, settings),
            _now,
            lambda: (everything.refresh(), public.refresh()),
        ),
        editing=Editing(
            editor=Editor(writing, drafts, history),
            history=told,
            moving=Moving(writing, drafts),
            bulk=BulkEdits(writing, told),
            changed=changed,
            commits=commits,
        ),
        fates=Fates(writing, history),
        checker=Checker(files, catalog, settings.variables),
        channels=settings.channels,
        variables=settings.variables,
        log_writer=log_writer,
        check_store=database.check,
        now=_now,
        semantic=semantic,
    )
    return Service(system)


def build_access(
    settings: Settings,
    database: Database,
    log_writer: LogWriter | None = None,
    now: Callable[[], datetime] | None = None,
    passwords: Passwords | None = None,
) -> Access:
    """Accounts, logins, tokens and the audit log in ``database``."""
    later = (log_writer or LogWriter()).put
    now, passwords, store = now or _now, passwords or Passwords(), AccountStore(database)
    audit, signer = Audit(AuditLog(database), now), Signer(server_key(database))
    idle, longest = timedelta(hours=settings.session_idle_hours), timedelta(days=settings.session_max_days)
    sessions = Sessions(SessionStore(database), idle, longest, later, now)
    throttle = Throttle(LoginFailures(database), signer, now)
    logins, external = Logins(store, sessions, passwords, throttle, audit, now), ExternalAccounts(store, audit, now)
    return Access(
        accounts=Accounts(store, sessions, passwords, audit, now),
        logins=logins,
        sessions=sessions,
        tokens=Tokens(TokenStore(database), audit, later, now),
        audit=audit,
        signer=signer,
        anonymous_role=settings.anonymous_role,
        proxies=proxies(settings, external, now),
        single_sign_on=single_sign_on(settings, external, logins),
    )


def _now() -> datetime:
    return datetime.now().astimezone()


def lint(settings: Settings, paths: Sequence[Path] = (), strict: bool = False) -> list[Problem]:
    """Everything wrong in the article files, or only in ``paths``; ``strict``: also what weakens their quality."""
    _try_to_finish_import(settings)
    strictness = None
    if strict:
        words, synonyms = build_vocabulary(settings), read_dictionaries(settings.articles)[0].synonyms
        strictness = Strictness(settings.variables, words.tokenizer, words.stop_words, synonyms)
    return check_files(ArticleFiles(settings.articles, settings.channels), paths, strict=strictness)


def check_retrieval(settings: Settings, paths: Sequence[Path] = (), progress: Progress = silent) -> RetrievalReport:
    """Whether the articles, or those in ``paths``, are found by their own words."""
    _try_to_finish_import(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    scan = files.scan()
    places = places_of(files.root, paths)
    policy, today = _policy(settings), date.today()
    published = published_pages(files.read(file, scan.folders) for file in scan.files)
    pages = [page for page in published if assess(page.article, policy, today).servable]
    words = build_vocabulary(settings)
    with trial([page.article for page in pages], replace(settings, semantic="off"), words) as opened:
        check = RetrievalCheck(pages, opened, words.tokenizer, words.stop_words)
        return check.run([page for page in pages if is_below(page.path, places)], progress)


def import_file(settings: Settings, path: Path, options: ImportOptions, progress: Progress = silent) -> ImportReport:
    """Take over the rows of a file as article files. Raises BulkImportError."""
    _try_to_finish_import(settings)
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
        numbers = history.intend(Edit(_now(), "", "import", action, note), contents)
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
    _try_to_finish_import(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    policy, today = _policy(settings), date.today()
    return exporting.export_file(target, form, files, lambda article: assess(article, policy, today), progress)


def finish_import(settings: Settings) -> None:
    """Complete or drop an import that was killed. Raises BulkImportError when that isn't possible now."""
    recover(settings.articles, settings.import_dir)


def _try_to_finish_import(settings: Settings) -> None:
    """The same, so that nobody works on half of it; what can't be done now is tried again."""
    try:
        finish_import(settings)
    except BulkImportError as error:
        log.warning("%s", error)


def _policy(settings: Settings) -> Policy:
    return Policy(default_interval=settings.review_every, top_interval=settings.review_top)


def build_engine(settings: Settings) -> SearchEngine:
    """The engine that ``settings.engine`` names; ``auto`` is Whoosh, the only one of this version."""
    return WhooshEngine(settings.index_dir, settings.lock_timeout)


def build_semantic(settings: Settings) -> Semantic | None:
    """Search by meaning, when settings and libraries allow. Raises SettingsError when it must be and can't."""
    embedder = choose(settings)
    if embedder is None:
        return None
    folder = settings.vectors_dir

    def former() -> Iterator[tuple[Embedder, VectorStore]]:
        for name in stored_fingerprints(folder):
            if name != embedder.fingerprint and (one := remake(name, settings)):
                yield one, VectorFile(folder, name)

    store = VectorFile(folder, embedder.fingerprint)
    return Semantic(embedder, store, former, settings.semantic_deadline_ms / 1000)


def fingerprint(engine: SearchEngine) -> str:
    """All that the index depends on besides the articles; another one means: rebuild."""
    libraries = " ".join(f"{name} {version(name)}" for name in ("whoosh", "opencc"))
    return f"{engine.name} format {FORMAT_VERSION}, analyzer {ANALYZER_VERSION}, {libraries}"


def build_vocabulary(settings: Settings) -> Vocabulary:
    """Tokenizer, stop words and synonyms from the program's lists and ``articles/_dict``."""
    return vocabulary_of(read_dictionaries(settings.articles)[0], settings)


def vocabulary_of(dictionaries: Dictionaries, settings: Settings) -> Vocabulary:
    """Tokenizer, stop words and synonyms from the program's lists and ``dictionaries``."""
    tokenizer = Tokenizer(map(normalize, dictionaries.terms), cache_dir=settings.data)
    stop_words = function_words() | set(map(normalize, dictionaries.stopwords))
    return Vocabulary(tokenizer, stop_words, Synonyms(dictionaries.synonyms))


@contextmanager
def evaluation_search(
    articles: Sequence[Article], settings: Settings, semantic: bool = False, progress: Progress = silent
) -> Iterator[Trial]:
    """The ordinary search and suggestions over foreign ``articles`` (none of ``settings``' dictionaries apply).

    Raises SettingsError when ``semantic`` retrieval is asked for and there is none.
    """
    settings = replace(settings, semantic="on" if semantic else "off")
    with trial(articles, settings, Vocabulary(Tokenizer(), function_words()), progress) as opened:
        yield opened


@contextmanager
def trial(
    articles: Sequence[Article], settings: Settings, vocabulary: Vocabulary, progress: Progress = silent
) -> Iterator[Trial]:
    """Search and suggestions on a throw-away index over ``articles``, every one of which counts as current."""
    records = _InMemory({article.id: ArticleRecord(article, article.id, article.id) for article in articles})
    current = Freshness(State.FRESH, (), None, 0)
    library = Library.of(records.values(), date.max)
    suggest = build_suggester(tuple(records.values()), library, lambda _: current, {}, (), vocabulary.tokenizer)
    with tempfile.TemporaryDirectory(prefix="kb-trial-") as folder:
        settings = replace(settings, data=Path(folder))
        engine = build_engine(settings)
        engine.rebuild((index_document(article, article.id) for article in articles), fingerprint(engine))
        semantic = build_semantic(settings)
        if semantic:
            semantic.follow(tuple(map(ArticleTexts.of, articles)))
            semantic.embed(progress)
        searcher = Searcher(
            engine=engine,
            articles=records,
            library=library,
            vocabulary=vocabulary,
            freshness=lambda _, day: current,
            by_pinyin=lambda text: [row.id for row in suggest(text, 50) if row.id],
            channels=settings.channels,
            today=lambda: date.max,
            semantic=semantic,
        )
        vocabulary.tokenizer.warm_up()
        yield Trial(searcher, suggest)
        engine.close()
        if semantic:
            semantic.close()


class _InMemory(dict[str, ArticleRecord]):
    def get_many(self, ids: Sequence[str]) -> Mapping[str, ArticleRecord]:
        return {article_id: self[article_id] for article_id in ids if article_id in self}
