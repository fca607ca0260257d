"""The façade: everything that the command line, the web page and the API can ask for, with the same answers.

What is derived from all articles at once (library, suggester, FAQ panel) lives in one immutable ``_Snapshot``.
``refresh`` builds a new one when the articles or the day have changed and swaps it in; requests go on with the one
they started with. If the database fails, searching goes on and only logging is lost (counted, see ``health``).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from functools import partial

from kb import contracts, shapes
from kb.errors import ArticleNotFound, IndexCorrupt, IndexMissing, KbError, QueryError, StoreError
from kb.model import ArticleRecord, FaqPanel, Freshness, Problem, SearchPage, SearchRequest, Suggestion
from kb.ports.engine import SearchEngine
from kb.ports.store import Catalog, Event, EventLog, Gap, GapLog, LoggedSearch, QueryLog
from kb.rules.freshness import Policy, assess
from kb.rules.query import MAX_QUERY
from kb.text.normalize import normalize
from kb.text.once import once
from kb.text.render import render_html
from kb.text.tokenizer import Tokenizer
from kb.usecases.browsing import Tree, grow_tree, prune
from kb.usecases.faq import FaqPanels
from kb.usecases.indexing import Indexer, IndexReport
from kb.usecases.library import Library
from kb.usecases.progress import Progress, silent
from kb.usecases.searching import Searcher
from kb.usecases.staleness import ReviewQueue, StaleItem
from kb.usecases.suggesting import SuggestFunction, build_suggester

log = logging.getLogger(__name__)

_FREQUENT = timedelta(days=28)
_FREQUENT_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokenizer with the terms of the house, and the words that never count as content."""

    tokenizer: Tokenizer
    stop_words: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Everything derived from the articles, for one (catalog version, dictionaries, day)."""

    version: tuple[int, str, date]
    library: Library
    searcher: Searcher
    suggester: Callable[[], SuggestFunction]
    tree: Callable[[], Tree]


class Service:
    """The system; thread-safe. Made by ``kb.wiring``."""

    def __init__(
        self,
        catalog: Catalog,
        engine: SearchEngine,
        indexer: Indexer,
        query_log: QueryLog,
        events: EventLog,
        gaps: GapLog,
        panels: FaqPanels,
        queue: ReviewQueue,
        policy: Policy,
        channels: tuple[str, ...],
        vocabulary: Callable[[], Vocabulary],
        dictionaries_digest: Callable[[], str],
        check_store: Callable[[], None],
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._catalog, self._engine, self._indexer = catalog, engine, indexer
        self._query_log, self._events, self._gaps = query_log, events, gaps
        self._panels, self._queue = panels, queue
        self._policy, self.channels = policy, channels
        self._vocabulary, self._dictionaries_digest = vocabulary, dictionaries_digest
        self._check_store, self._now = check_store, now
        self._snapshot: _Snapshot | None = None
        self._refreshing = threading.Lock()
        self._warm = False
        self._damaged = False
        self._vocabulary_in_use: tuple[str, Vocabulary] | None = None
        self._lost_logs = 0

    # --- questions

    def search(self, request: SearchRequest, agent: str | None = None, settled: bool = False) -> SearchPage:
        """Ranked hits; logged when ``agent`` (an opaque session id) is given. Raises QueryError, EngineError."""
        try:
            page = self._current().searcher.search(request)
        except (IndexCorrupt, IndexMissing):
            self._damaged = True
            raise
        if agent is not None and request.text.strip():
            self._log(lambda: self._query_log.record(self._logged(request, page, agent, settled)))
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

    def faq_number(self) -> int:
        """Another one whenever ``faq`` may answer differently than before."""
        self._current()
        return self._panels.number()

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
        event = Event(self._now(), kind, article_id, agent, query, position, ms, stale, note)
        self._log(lambda: self._events.record(event))
        if kind == "pick" and agent:
            self._log(lambda: self._query_log.settle(agent))

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
        self._gaps.record(Gap(self._now(), query.strip(), note, agent, channel, slug))

    def gaps(self) -> list[Gap]:
        """The reported knowledge gaps that are still kept, latest first."""
        return self._gaps.recent(datetime.fromtimestamp(0, timezone.utc))

    # --- upkeep

    def index(self, rebuild: bool = False, progress: Progress = silent) -> IndexReport:
        """Bring the index up to date with the files; ``refresh`` makes answers follow. Raises as ``Indexer.sync``."""
        return self._indexer.sync(rebuild=rebuild, progress=progress)

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
        before = self._now() - timedelta(days=days)
        self._query_log.purge(before)
        self._events.purge(before)
        self._gaps.purge(before)

    def can_search(self) -> bool:
        """Whether there is an index to search, be it an old one."""
        try:
            return bool(self._engine.generation())
        except KbError:
            return False

    def check_store(self) -> None:
        """Read the whole database. Raises StoreError when something is wrong with it."""
        self._check_store()

    def health(self) -> shapes.Health:
        """State of the parts; ``status`` is ok, degraded (search works, something else doesn't) or down."""
        checks: shapes.Checks = {"engine": "ok", "store": "ok"}
        articles = 0
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
            "status": "ok" if checks == {"engine": "ok", "store": "ok"} else "degraded" if searching else "down",
            "checks": checks,
            "engine": self._engine.name,
            "generation": self._engine.generation() if searching else "",
            "articles": articles,
            "lost_log_entries": self._lost_logs,
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
        suggester = once(
            lambda: build_suggester(records, library, verdict, self._use(), self._frequent(), words.tokenizer)
        )
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
        )
        tree = once(lambda: grow_tree(shown.values(), verdict))
        return _Snapshot(version, library, searcher, suggester, tree)

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

    def _use(self) -> dict[str, int]:
        """How often each article was picked or copied lately."""
        totals = self._events.totals(self._now() - _FREQUENT)
        return {i: counts.get("copy", 0) + counts.get("pick", 0) for i, counts in totals.items()}

    def _frequent(self) -> Sequence[tuple[str, int]]:
        rows = self._query_log.frequent(self._now() - _FREQUENT, _FREQUENT_LIMIT)
        return [(row.query, row.count) for row in rows]

    def _today(self) -> date:
        return self._now().date()

    def _logged(self, request: SearchRequest, page: SearchPage, agent: str, settled: bool) -> LoggedSearch:
        wanted = {
            "product": request.product,
            "scenario": request.scenario,
            "kind": request.kind,
            "tag": request.tag,
        }
        return LoggedSearch(
            at=self._now().astimezone(timezone.utc),
            agent=agent,
            query=request.text,
            normalized=normalize(request.text).strip(),
            n_hits=page.total,
            took_ms=page.took_ms,
            generation=page.generation,
            filters={name: value for name, value in wanted.items() if value},
            channel=request.channel,
            fallback=page.fallback,
            settled=settled,
        )

    def _log(self, write: Callable[[], None]) -> None:
        """Logging must not cost anybody an answer."""
        try:
            write()
        except StoreError as error:
            self._lost_logs += 1
            log.warning("一条使用记录没有写入：%s", error)


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
            return self.catalog.get_many(ids)
        except StoreError as error:
            log.warning("数据库暂不可用，以内存中的条目作答：%s", error)
            return {i: self.snapshot[i] for i in ids if i in self.snapshot}


def _warm_up(snapshot: _Snapshot) -> None:
    snapshot.searcher.tokenizer.warm_up()
    snapshot.suggester()
    snapshot.tree()
    snapshot.library.spelling()
