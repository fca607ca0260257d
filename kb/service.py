"""The façade: everything that the command line, the web page and the API can ask for, with the same answers.

Questions are answered from snapshots (``kb.snapshots``), what agents do is written down (``kb.usecases.activity``), and
upkeep keeps index and snapshots equal to the files. If the database fails, searching goes on and only logging is lost
(counted, see ``health``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

from kb import contracts, shapes
from kb.errors import ArticleNotFound, IndexCorrupt, IndexMissing, KbError, QueryError, SettingsError, StoreCorrupt
from kb.model import (
    ArticleRecord,
    Classification,
    FaqPanel,
    Freshness,
    Message,
    Problem,
    Recommendations,
    SearchPage,
    SearchRequest,
    Suggestion,
)
from kb.ports.engine import SearchEngine
from kb.ports.store import Catalog, Event, Gap
from kb.rules.query import MAX_QUERY, has_content
from kb.snapshots import Snapshots
from kb.store.log_writer import LogWriter
from kb.text.render import render_html
from kb.usecases.activity import Activity
from kb.usecases.browsing import Tree, prune
from kb.usecases.embedding import EmbeddingReport
from kb.usecases.faq import FaqPanels
from kb.usecases.indexing import Indexer, IndexReport
from kb.usecases.learning import Learning
from kb.usecases.library import Library
from kb.usecases.progress import Progress, silent
from kb.usecases.recommending import Recommender
from kb.usecases.semantic import Semantic
from kb.usecases.staleness import ReviewQueue, StaleItem


class Service:
    """The system; thread-safe. Made by ``kb.wiring``."""

    def __init__(
        self,
        catalog: Catalog,
        engine: SearchEngine,
        indexer: Indexer,
        snapshots: Snapshots,
        activity: Activity,
        panels: FaqPanels,
        queue: ReviewQueue,
        learning: Learning,
        channels: tuple[str, ...],
        log_writer: LogWriter,
        check_store: Callable[[], None],
        now: Callable[[], datetime],
        semantic: Semantic | None = None,
    ) -> None:
        self._catalog, self._engine, self._indexer = catalog, engine, indexer
        self._snapshots, self._activity = snapshots, activity
        self._panels, self._queue = panels, queue
        self.learning = learning
        self.channels, self.log_writer = channels, log_writer
        self._check_store, self._now = check_store, now
        self.semantic = semantic
        self._damaged = False
        self._troubles: dict[str, str] = {}

    # --- questions

    def search(self, request: SearchRequest, agent: str | None = None, settled: bool = False) -> SearchPage:
        """Ranked hits; logged when ``agent`` (an opaque session id) is given. Raises QueryError, EngineError."""
        started = time.perf_counter()
        with self._noticing_damage():
            page = self._snapshots.search(request)
        page = replace(page, took_ms=_ms_since(started))
        if agent is not None and request.text.strip():
            self._activity.searched(request, page, agent, settled)
        return page

    def recommend(
        self,
        messages: Sequence[Message],
        channel: str | None = None,
        product: str | None = None,
        limit: int = 5,
        agent: str | None = None,
    ) -> Recommendations:
        """Articles that answer what the customer says; ``product`` is a slug or title. Raises QueryError, EngineError.

        Nothing of a conversation is written down but sentences that nothing was found for, as searches of ``agent``.
        """
        started = time.perf_counter()
        self._check_channel(channel)
        if product:
            self.library().product_slugs(product)
        with self._noticing_damage():
            answers = Recommender(self._snapshots.search).recommend(messages, channel, product, limit)
        generation, took_ms = self._engine.generation(), _ms_since(started)
        for sentence in answers.unanswered if agent is not None else ():
            asked = SearchRequest(sentence.query, product=product, channel=channel)
            page = SearchPage(sentence.query, 0, generation, (), took_ms=took_ms)
            self._activity.searched(asked, page, agent or "", settled=True)
        return replace(answers, generation=generation, took_ms=took_ms)

    def classify(self, messages: Sequence[Message]) -> Classification:
        """The likely product and scenario of a conversation. Nothing is logged. Raises QueryError, EngineError."""
        started = time.perf_counter()
        with self._noticing_damage():
            found = self._snapshots.current().classifier().classify(messages)
        return replace(found, generation=self._engine.generation(), took_ms=_ms_since(started))

    def suggest(self, text: str, limit: int = 10) -> list[Suggestion]:
        """What may be meant by the first keystrokes; from memory only."""
        if len(text) > MAX_QUERY:
            raise QueryError(f"查询有 {len(text)} 个字，超过 {MAX_QUERY} 字的上限。")
        return self._snapshots.current().suggester()(text, limit)

    def faq(self, channel: str | None = None, limit: int = 200) -> FaqPanel:
        """The panel of frequent questions; from memory only. Raises QueryError for an unknown channel."""
        self._check_channel(channel)
        self._snapshots.current()
        return self._panels.panel(channel, limit)

    def edition(self) -> tuple[int, int]:
        """Names what is answered from memory (suggest, faq, browse): no two services share one, and none comes back."""
        return self._snapshots.current().number, self._panels.number()

    def library(self) -> Library:
        """The tree of products and scenarios with its counts."""
        return self._snapshots.current().library

    def browse(self, product: str | None = None, scenario: str | None = None) -> Tree:
        """Every article that is published and valid by now in its place; from memory only, so without bodies.

        ``product`` and ``scenario`` (slug or title) leave out all others. Raises QueryError when there is none.
        """
        snapshot = self._snapshots.current()
        products = snapshot.library.product_slugs(product) if product else None
        scenarios = snapshot.library.scenario_paths(scenario, products) if scenario else None
        return prune(snapshot.tree(), products, scenarios)

    def article(self, article_id: str) -> tuple[ArticleRecord, Freshness]:
        """A published article with its freshness. Raises ArticleNotFound."""
        record = self._catalog.get(article_id)
        if record is None or record.article.status != "published":
            raise ArticleNotFound(article_id)
        return record, self._snapshots.freshness(record, self._today())

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
        self._snapshots.current()  # which articles are in the panel decides how often they are due
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
        origin: str = "",
    ) -> None:
        """Write down a view, copy, pick, vote …; ``origin`` is the sender's network address.

        Raises ArticleNotFound, QueryError for an unknown kind.
        """
        _, freshness = self.article(article_id)
        stale = freshness.state.value in ("expired", "stale")
        self._activity.happened(Event(self._now(), kind, article_id, agent, query, position, ms, stale, note, origin))

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
        """Let answers follow the articles; return whether there was anything to follow."""
        return self._snapshots.refresh()

    def warm_up(self) -> None:
        """Load what the first requests would wait for, now and at every later ``refresh``."""
        self._snapshots.warm_up()

    def rank_faq(self) -> None:
        """Rank the FAQ panel anew; what comes into it or leaves it is due otherwise, so then all is judged anew."""
        before = self._panels.top_ids()
        self._panels.rebuild(self._now())
        if self._panels.top_ids() != before:
            self._snapshots.renew()

    def follow_use(self) -> None:
        """Let the FAQ panel, learned questions and suggestions follow what agents used lately."""
        self._panels.rebuild(self._now())
        self.learn()
        self._snapshots.renew()

    def learn(self) -> None:
        """Learn anew from the log which queries mean which articles."""
        words = self._snapshots.current().searcher.vocabulary
        self.learning.learn(lambda text: has_content(text, words.tokenizer, words.stop_words))

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
        semantic, trouble = self._semantic_health()
        if trouble:
            checks["semantic"] = trouble
        searching = checks["engine"] == "ok"
        return {
            "status": "ok" if set(checks.values()) == {"ok"} else "degraded" if searching else "down",
            "checks": checks,
            "engine": self._engine.name,
            "generation": self._engine.generation() if searching else "",
            "articles": articles,
            "lost_log_entries": self.log_writer.lost,
            "semantic": semantic,
        }

    def embed(self, progress: Progress = silent) -> EmbeddingReport:
        """Give vectors to all articles that have none. Raises SettingsError when that is off, EmbedderError."""
        if self.semantic is None:
            raise SettingsError(
                "没有启用语义检索：设置 semantic 为 off，或者没有可用的模型（设置 semantic 为 on 可看原因）。"
            )
        self._snapshots.current()  # hands the articles over
        return self.semantic.embed(progress)

    # --- inside

    def _semantic_health(self) -> tuple[shapes.SemanticHealth, str]:
        """How far embedding is, and what goes wrong."""
        if self.semantic is None:
            return {"state": "off", "texts": 0, "embedded": 0}, ""
        now = self.semantic.state()
        ready = now.serves and now.embedded == now.texts
        return {"state": "ready" if ready else "embedding", "texts": now.texts, "embedded": now.embedded}, now.trouble

    @contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        """``mend`` repairs what a search within has met."""
        try:
            yield
        except (IndexCorrupt, IndexMissing):
            self._damaged = True
            raise

    def _check_channel(self, channel: str | None) -> None:
        if channel is not None and channel not in self.channels:
            raise QueryError(f"没有名为“{channel}”的渠道。可选：{'、'.join(self.channels)}。")

    def _today(self) -> date:
        return self._now().date()


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
