"""The façade: everything that the command line, the web page and the API can ask for, with the same answers.

What is derived from all articles at once (library, suggester, FAQ panel) lives in one immutable ``_Snapshot``.
``refresh`` builds a new one when the articles or the day have changed and swaps it in; requests go on with the one
they started with. If the database fails, searching goes on and only logging is lost (counted, see ``health``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from itertools import count

from kb import contracts, shapes
from kb.errors import ArticleNotFound, IndexCorrupt, IndexMissing, KbError, QueryError, StoreCorrupt, StoreError
from kb.model import ArticleRecord, FaqPanel, Freshness, Problem, SearchPage, SearchRequest, Suggestion
from kb.ports.engine import SearchEngine
from kb.ports.store import Catalog, Event, Gap
from kb.rules.freshness import Policy, assess
from kb.rules.query import MAX_QUERY
from kb.store.log_writer import LogWriter
from kb.text.once import once
from kb.text.render import render_html
from kb.text.tokenizer import Tokenizer
from kb.usecases.activity import Activity
from kb.usecases.browsing import Tree, grow_tree, prune
from kb.usecases.faq import FaqPanels
from kb.usecases.indexing import Indexer, IndexReport
from kb.usecases.library import Library
from kb.usecases.progress import Progress, silent
from kb.usecases.searching import Searcher
from kb.usecases.staleness import ReviewQueue, StaleItem
from kb.usecases.suggesting import SuggestFunction, build_suggester

log = logging.getLogger(__name__)

#: answers to the latest questions, some 20 KB each; a busy morning asks the same few hundred again and again
_KEPT_PAGES = 500
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokenizer with the terms of the house, and the words that never count as content."""

    tokenizer: Tokenizer
    stop_words: frozenset[str]


#: what answers depend on besides the snapshot: catalog version (None: unreadable), generation, FAQ panel, day
_State = tuple[int | None, str, int, date]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Everything derived from the articles, for one (catalog version, dictionaries, day)."""

    number: int
    version: tuple[int, str, date]
    library: Library
    searcher: Searcher
    pages: Callable[[SearchRequest, _State], SearchPage]
    suggester: Callable[[], SuggestFunction]
    tree: Callable[[], Tree]


class Service:
    """The system; thread-safe. Made by ``kb.wiring``."""

    def __init__(
        self,
        catalog: Catalog,
        engine: SearchEngine,
        indexer: Indexer,
        activity: Activity,
        panels: FaqPanels,
        queue: ReviewQueue,
        policy: Policy,
        channels: tuple[str, ...],
        log_writer: LogWriter,
        vocabulary: Callable[[], Vocabulary],
        dictionaries_digest: Callable[[], str],
        check_store: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        self._catalog, self._engine, self._indexer = catalog, engine, indexer
        self._activity = activity
        self._panels, self._queue = panels, queue
        self._policy, self.channels = policy, channels
        self.log_writer = log_writer
        self._vocabulary, self._dictionaries_digest = vocabulary, dictionaries_digest
        self._check_store, self._now = check_store, now
        self._snapshot: _Snapshot | None = None
        self._refreshing = threading.Lock()
        self._warm = False
        self._damaged = False
        self._vocabulary_in_use: tuple[str, Vocabulary] | None = None
        self._troubles: dict[str, str] = {}

    # --- questions

    def search(self, request: SearchRequest, agent: str | None = None, settled: bool = False) -> SearchPage:
        """Ranked hits; logged when ``agent`` (an opaque session id) is given. Raises QueryError, EngineError."""
        started = time.perf_counter()
        snapshot = self._current()
        try:
            page = snapshot.pages(request, self._state())
        except (IndexCorrupt, IndexMissing):
            self._damaged = True
            raise
        page = replace(page, took_ms=round((time.perf_counter() - started) * 1000, 2))
        if agent is not None and request.text.strip():
            self._activity.searched(request, page, agent, settled)
        return page

    def suggest(self, text: str, limit: int = 10) -> list[Suggestion]:
        """What may be meant by the first keystrokes; from memory only."""
        if len(text) > MAX_QUERY:
            raise QueryError(f"查询有 {len(text)} 个字，超过 {MAX_QUERY} 字的上限。")
        return self._current().suggester()(text, limit)

    def faq(self, channel: str | None = None, limit: int = 200) -> FaqPanel:
        """The panel of frequent questions; from memory only. Raises QueryError for an unknown channel."""
        self._check_channel(channel)
        self._current()
        return self._panels.panel(channel, limit)

    def edition(self) -> tuple[int, int]:
        """Names what is answered from memory (suggest, faq, browse): no two services share one, and none comes back."""
        return self._current().number, self._panels.number()

    def library(self) -> Library:
        """The tree of products and scenarios with its counts."""
        return self._current().library

    def browse(self, product: str | None = None, scenario: str | None = None) -> Tree:
        """Every article that is published and valid by now in its place; from memory only, so without bodies.

        ``product`` and ``scenario`` (slug or title) leave out all others. Raises QueryError when there is none.
        """
        snapshot = self._current()
        products = snapshot.library.product_slugs(product) if product else None
        scenarios = snapshot.library.scenario_paths(scenario, products) if scenario else None
        return prune(snapshot.tree(), products, scenarios)

    def article(self, article_id: str) -> tuple[ArticleRecord, Freshness]:
        """A published article with its freshness. Raises ArticleNotFound."""
        record = self._catalog.get(article_id)
        if record is None or record.article.status != "published":
            raise ArticleNotFound(article_id)
        return record, self._freshness(record, self._today())

    def article_document(self, article_id: str) -> shapes.Article:
        """The contract's ``article``."""
        record, freshness = self.article(article_id)
        source = self._catalog.source(article_id) or ""
        return contracts.article_document(
            record, freshness, source, render_html(record.article.body), self.related(record)
        )

    def related(self, record: ArticleRecord) -> list[ArticleRecord]:
        """The published articles that an article names as related, in its order."""
        found = self._catalog.get_many(record.article.related)
        ordered = (found[i] for i in record.article.related if i in found)
        return [other for other in ordered if other.article.status == "published"]

    def stale(self, as_of: date | None = None, owner: str | None = None) -> tuple[date, list[StaleItem]]:
        """The review queue, riskiest first, and the day it holds for."""
        self._current()  # which articles are in the panel decides how often they are due
        as_of = as_of or self._today()
        return as_of, self._queue.items(as_of, self._now(), self._panels.top_ids(), owner)

    def problems(self) -> list[Problem]:
        """What is wrong in the article files as they stand."""
        return self._catalog.problems()

    # --- what agents do

    def record_event(
        self,
        kind: str,
        article_id: str,
        agent: str = "",
        query: str | None = None,
        position: int | None = None,
        ms: float | None = None,
        note: str | None = None,
    ) -> None:
        """Write down a view, copy, pick, vote …. Raises ArticleNotFound, QueryError for an unknown kind."""
        _, freshness = self.article(article_id)
        stale = freshness.state.value in ("expired", "stale")
        self._activity.happened(Event(self._now(), kind, article_id, agent, query, position, ms, stale, note))

    def report_gap(
        self,
        query: str,
        note: str | None = None,
        agent: str = "",
        channel: str | None = None,
        product: str | None = None,
    ) -> None:
        """Write down that ``query`` should have been answered; ``product`` is a slug or title.

        Raises QueryError, TooManyReports, and StoreError: what somebody took the trouble to write is not lost silently.
        """
        self._check_channel(channel)
        slug = self.library().product_slugs(product)[0] if product else None
        self._activity.report(Gap(self._now(), query.strip(), note, agent, channel, slug))

    def gaps(self) -> list[Gap]:
        """The reported knowledge gaps that are still kept, latest first."""
        return self._activity.gaps()

    # --- upkeep

    def index(self, rebuild: bool = False, thorough: bool = True, progress: Progress = silent) -> IndexReport:
        """Bring the index up to date with the files; ``refresh`` makes answers follow. See ``Indexer.sync``."""
        return self._indexer.sync(rebuild, thorough, progress)

    def mend(self) -> bool:
        """Rebuild the index if a search has met damage; return whether that was so."""
        if not self._damaged:
            return False
        self._indexer.sync(rebuild=True)
        self._damaged = False
        return True

    def refresh(self) -> bool:
        """Build a new snapshot if articles, dictionaries or day have changed; return whether one was built."""
        with self._refreshing:
            version = (self._catalog.version(), self._dictionaries_digest(), self._today())
            if version[0] == 0:
                raise IndexMissing("还没有建立索引，请先执行 kb index。")
            if self._snapshot is not None and self._snapshot.version == version:
                return False
            self._panels.reload(self._now())
            snapshot = self._build(version)
            if self._warm:
                _warm_up(snapshot)
            self._snapshot = snapshot
            return True

    def warm_up(self) -> None:
        """Load what the first requests would wait for, now and at every later ``refresh``."""
        self._warm = True
        _warm_up(self._current())

    def rank_faq(self) -> None:
        """Rank the FAQ panel anew from what agents used lately."""
        self._panels.rebuild(self._now())

    def purge_logs(self, days: int) -> None:
        """Forget queries, events and reported gaps that are older than ``days`` days."""
        self._activity.purge(self._now() - timedelta(days=days))

    def can_search(self) -> bool:
        """Whether there is an index to search, be it an old one."""
        try:
            return bool(self._engine.generation())
        except KbError:
            return False

    def check_store(self) -> None:
        """Read the whole database. Raises StoreError when something is wrong with it."""
        self._check_store()
        if damaged := self._catalog.damaged():
            raise StoreCorrupt(f"{len(damaged)} 个条目的内容已损坏，例如 {damaged[0]}；执行 kb index 从文件恢复。")

    def note(self, part: str, trouble: str) -> bool:
        """Let ``health`` say what keeps upkeep from doing something (``""``: nothing); return whether that is news."""
        news = self._troubles.get(part, "") != trouble
        self._troubles = {**self._troubles, part: trouble}
        return news

    def health(self) -> shapes.Health:
        """State of the parts; ``status`` is ok, degraded (search works, something else doesn't) or down."""
        checks, articles = {"engine": "ok", "store": "ok", "files": "ok"}, 0
        checks |= {part: trouble for part, trouble in self._troubles.items() if trouble}
        try:
            articles = self._engine.doc_count()
        except KbError as error:
            checks["engine"] = str(error)
        try:
            self._catalog.version()
        except KbError as error:
            checks["store"] = str(error)
        searching = checks["engine"] == "ok"
        return {
            "status": "ok" if set(checks.values()) == {"ok"} else "degraded" if searching else "down",
            "checks": checks,
            "engine": self._engine.name,
            "generation": self._engine.generation() if searching else "",
            "articles": articles,
            "lost_log_entries": self.log_writer.lost,
        }

    # --- inside

    def _current(self) -> _Snapshot:
        if self._snapshot is None:
            self.refresh()
        assert self._snapshot is not None  # noqa: S101  # refresh() either sets it or raises
        return self._snapshot

    def _build(self, version: tuple[int, str, date]) -> _Snapshot:
        today = version[-1]
        records = [record for record in self._catalog.records() if record.article.status == "published"]
        shown = {record.article.id: _without_body(record) for record in records}
        library = Library.of(records, today)
        words = self._words(version[1])
        verdict = partial(self._freshness, as_of=today)
        suggester = once(lambda: build_suggester(records, library, verdict, *self._activity.habits(), words.tokenizer))
        searcher = Searcher(
            engine=self._engine,
            articles=_Articles(self._catalog, shown),
            library=library,
            tokenizer=words.tokenizer,
            stop_words=words.stop_words,
            freshness=self._freshness,
            by_pinyin=lambda text: [row.id for row in suggester()(text, 50) if row.id],
            channels=self.channels,
            today=self._today,
            demand=self._panels.demand,
        )
        pages = lru_cache(_KEPT_PAGES)(lambda request, _: searcher.search(request))
        tree = once(lambda: grow_tree(shown.values(), verdict))
        return _Snapshot(next(_NUMBERS), version, library, searcher, pages, suggester, tree)

    def _state(self) -> _State:
        try:
            version = self._catalog.version()
        except StoreError:
            version = None
        return version, self._engine.generation(), self._panels.number(), self._today()

    def _check_channel(self, channel: str | None) -> None:
        if channel is not None and channel not in self.channels:
            raise QueryError(f"没有名为“{channel}”的渠道。可选：{'、'.join(self.channels)}。")

    def _words(self, digest: str) -> Vocabulary:
        """The vocabulary for dictionaries with ``digest``; loading one takes a second, so it is kept while it fits."""
        if self._vocabulary_in_use is None or self._vocabulary_in_use[0] != digest:
            self._vocabulary_in_use = digest, self._vocabulary()
        return self._vocabulary_in_use[1]

    def _freshness(self, record: ArticleRecord, as_of: date) -> Freshness:
        return assess(record.article, self._policy, as_of, record.article.id in self._panels.top_ids())

    def _today(self) -> date:
        return self._now().date()


def _without_body(record: ArticleRecord) -> ArticleRecord:
    """What a hit shows of an article; bodies would double the memory."""
    return replace(record, article=replace(record.article, body=""))


@dataclass(frozen=True, slots=True)
class _Articles:
    """The articles behind hits: as the catalog has them now, as the snapshot had them while the database fails."""

    catalog: Catalog
    snapshot: Mapping[str, ArticleRecord]

    def get_many(self, ids: Sequence[str]) -> Mapping[str, ArticleRecord]:
        try:
            return {i: _without_body(record) for i, record in self.catalog.get_many(ids).items()}
        except StoreError as error:
            log.warning("数据库暂不可用，以内存中的条目作答：%s", error)
            return {i: self.snapshot[i] for i in ids if i in self.snapshot}


def _warm_up(snapshot: _Snapshot) -> None:
    snapshot.searcher.tokenizer.warm_up()
    snapshot.suggester()
    snapshot.tree()
    snapshot.library.spelling()
