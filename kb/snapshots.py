"""What is derived from all articles at once: library, searcher, suggester, tree. Built aside, swapped in as a whole.

What follows an edit takes over from the one before whatever that left as it was.
For callers who may see public articles only there are snapshots of their own, derived from those alone.
Requests go on with the snapshot they started with. ``refresh`` builds a new one when articles, dictionaries or day
have changed; while the database fails, the one at hand goes on answering.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any

from kb.errors import IndexMissing, StoreError
from kb.model import ArticleRecord, Freshness, SearchPage, SearchRequest
from kb.ports.catalog import Catalog, ServedArticles
from kb.ports.engine import SearchEngine
from kb.ports.events import EventLog
from kb.ports.store import FaqSnapshots
from kb.rules.freshness import Policy, assess
from kb.rules.learned_words import LearnedWords
from kb.rules.vector_index import ArticleTexts
from kb.suggest import CellCutter
from kb.text.once import once
from kb.text.spelling import Spelling
from kb.usecases.audience import PUBLIC, PublicArticles, seen_outside
from kb.usecases.browsing import Tree, grow_tree
from kb.usecases.classifying import Classifier, learn_wordings
from kb.usecases.faq import FaqPanels
from kb.usecases.judgements import Judgements
from kb.usecases.learning import LearnedQuestions, Learning
from kb.usecases.library import Library
from kb.usecases.published import PublishedArticles, PublishedTexts, without_body
from kb.usecases.question import Vocabulary
from kb.usecases.searching import Searcher
from kb.usecases.semantic import Semantic
from kb.usecases.suggesting import SuggestFunction, Suggesting

log = logging.getLogger(__name__)

#: answers to the latest questions, some 10 KB each; a busy morning asks the same few hundred again and again
_KEPT_PAGES, _KEPT_HITS = 500, 10
_NUMBERS = count(1)


#: how often each article was used lately, and frequent queries with their number
Habits = tuple[Mapping[str, int], Sequence[tuple[str, int]]]

#: what answers depend on besides the snapshot: catalog version (None: unreadable), generation, FAQ panel, day, vectors
_State = tuple[int | None, str, int, date, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything derived from the articles, for one (catalog version, dictionaries, day); no two share a ``number``.

    ``top_ids`` were in the FAQ panel when articles were judged. ``texts`` are what is compared by meaning; without a
    model, those of articles with learned questions. ``spelling`` is by these articles; the one of ``library`` may be
    that of a moment ago.
    """

    number: int
    version: tuple[int, str, date]
    top_ids: frozenset[str]
    texts: tuple[ArticleTexts, ...]
    spelling: Callable[[], Spelling]
    library: Library
    searcher: Searcher
    pages: Callable[[SearchRequest, _State], SearchPage]
    suggester: Callable[[], SuggestFunction]
    tree: Callable[[], Tree]
    classifier: Callable[[], Classifier]


class Snapshots:
    """Builds and swaps; thread-safe. ``vocabulary`` loads the dictionaries with a digest, ``dictionaries_digest`` names
    the present ones. ``articles`` and ``panels`` hold what those may see whom it is for: ``audience``, None for all.
    ``kept`` is the folder in which what takes long to make is kept for the next process, None for none.
    """

    def __init__(
        self,
        articles: ServedArticles,
        published: PublishedArticles,
        engine: SearchEngine,
        habits: Callable[[], Habits],
        panels: FaqPanels,
        policy: Policy,
        channels: tuple[str, ...],
        vocabulary: Callable[[str], Vocabulary],
        dictionaries_digest: Callable[[], str],
        now: Callable[[], datetime],
        learned: Callable[[], LearnedQuestions],
        semantic: Semantic | None = None,
        audience: str | None = None,
        kept: Path | None = None,
    ) -> None:
        self.articles, self.panels, self._published = articles, panels, published
        files = {name: kept and kept / f"{name}.{audience or 'all'}" for name in ("suggest", "spelling")}
        self._suggesting, self._texts = Suggesting(files["suggest"]), PublishedTexts()
        self._spelling_file = files["spelling"]
        self._engine, self._habits = engine, habits
        self._policy, self._channels = policy, channels
        self._vocabulary, self._dictionaries_digest = vocabulary, dictionaries_digest
        self._now, self._learned, self._semantic = now, learned, semantic
        self._audience = audience
        self._judged = Judgements(self.freshness, self.panels.top_ids)
        self._snapshot: Snapshot | None = None
        self._refreshing = threading.Lock()
        self._warm = False

    def current(self) -> Snapshot:
        """The one in use; built now when there is none yet. Raises IndexMissing, StoreError."""
        if self._snapshot is None:
            self.refresh()
        assert self._snapshot is not None  # noqa: S101  # refresh() either sets it or raises
        return self._snapshot

    @property
    def in_use(self) -> bool:
        """Whether anybody has asked yet."""
        return self._snapshot is not None

    def top_ids(self) -> frozenset[str]:
        """The articles in the FAQ panel, which are due more often; needs no snapshot. Raises IndexMissing."""
        if self._snapshot is None:
            _require_index(self.articles.version())
            self.panels.reload(self._now())
        return self.panels.top_ids()

    def refresh(self) -> bool:
        """Build a new snapshot if articles, dictionaries or day have changed; return whether one was built."""
        with self._refreshing:
            version = (self.articles.version(), self._dictionaries_digest(), self._today())
            _require_index(version[0])
            if self._snapshot is not None and self._snapshot.version == version:
                return False
            self.panels.reload(self._now())
            # Nobody waits for the spelling, which takes the longest and is not what an edit is about: see ``compact``.
            former = self._snapshot.library.spelling if self._warm and self._snapshot is not None else None
            self._swap_in(self._build(version, former))
            return True

    def renew(self) -> None:
        """Build the snapshot of the same articles anew, because how they are judged or used has changed."""
        with self._refreshing:
            former = self._snapshot
            if former is not None:
                self.panels.reload(self._now())
                self._swap_in(self._build(former.version, former.library.spelling))

    def follow_ranking(self) -> None:
        """Serve the latest FAQ panel; what came into it or left it is due otherwise, so then all is judged anew."""
        if self._snapshot is not None:
            self.panels.reload(self._now())
            if self.panels.top_ids() != self._snapshot.top_ids:
                self.renew()

    def warm_up(self) -> None:
        """Load what the first requests would wait for, now and at every later ``refresh``."""
        self._warm = True
        _warm_up(self.current())
        self.current().tree()

    def compact(self) -> None:
        """Catch up with what ``refresh`` leaves as it was because it takes long; nobody waits for this."""
        self._suggesting.compact()
        snapshot = self._snapshot
        if snapshot is not None and snapshot.spelling != snapshot.library.spelling:
            snapshot.spelling().warm_up()
            with self._refreshing:
                current = self._snapshot or snapshot
                self._swap_in(self._build(current.version, None if current is snapshot else snapshot.spelling))

    def search(self, request: SearchRequest) -> SearchPage:
        """As ``Searcher.search``; from memory when it was asked before and nothing has changed since."""
        snapshot = self.current()
        if request.limit > _KEPT_HITS:
            return snapshot.searcher.search(request)
        try:
            return snapshot.pages(request, self._state())
        except _NotKept as answer:
            return answer.page

    def freshness(self, record: ArticleRecord, as_of: date) -> Freshness:
        """Judge an article on a day; what is in the FAQ panel is due more often."""
        return assess(record.article, self._policy, as_of, record.article.id in self.panels.top_ids())

    def _swap_in(self, snapshot: Snapshot) -> None:
        if self._warm:
            _warm_up(snapshot)
        self._snapshot = snapshot
        if self._warm:
            snapshot.tree()  # who browses may have to wait for it, who searches doesn't
        if self._semantic is not None:
            self._semantic.follow(snapshot.texts, self._audience)

    def _build(self, version: tuple[int, str, date], spelling: Callable[[], Spelling] | None = None) -> Snapshot:
        """Build one; with the ``spelling`` of an earlier one if given."""
        today, top_ids = version[-1], self.panels.top_ids()
        shown = self._published.now()
        library = Library.of((record.article for record in shown.values()), today, self._spelling_file)
        own_spelling = library.spelling
        if spelling is not None:
            library = replace(library, spelling=spelling)
        words = self._vocabulary(version[1])
        learned = self._learned()
        compared = (r for i, r in shown.items() if self._semantic is not None or i in learned.of_article)
        texts = self._texts.of(compared, learned.trusted)
        self._judged.forget_others(shown)
        verdict = partial(self._judged, as_of=today)
        suggester = once(lambda: self._suggest(shown, library, today, words.cells_of))
        searcher = Searcher(
            engine=self._engine,
            articles=_Articles(self.articles, version[0], shown),
            library=library,
            vocabulary=words,
            freshness=self._judged,
            by_pinyin=lambda text: [row.id for row in suggester()(text, 50) if row.id],
            channels=self._channels,
            today=self._today,
            demand=self.panels.demand,
            semantic=self._semantic,
            learned=LearnedWords(texts),
            audience=self._audience,
        )
        pages = lru_cache(_KEPT_PAGES)(lambda request, _: _kept(searcher.search(request)))
        tree = once(lambda: grow_tree(shown.values(), verdict))
        classifier = once(lambda: Classifier(searcher.search, library, learn_wordings(shown.values())))
        return Snapshot(
            next(_NUMBERS), version, top_ids, texts, own_spelling, library, searcher, pages, suggester, tree, classifier
        )

    def _suggest(
        self, shown: Mapping[str, ArticleRecord], library: Library, today: date, cells_of: CellCutter
    ) -> SuggestFunction:
        verdict, judged_by = partial(self._judged, as_of=today), (today, self.panels.top_ids())
        return self._suggesting.follow(shown, library, verdict, judged_by, *self._habits(), cells_of).suggest

    def _state(self) -> _State:
        try:
            version = self.articles.recent_version()
        except StoreError:
            version = None
        edition = self._semantic.edition if self._semantic is not None else 0
        return version, self._engine.generation(), self.panels.number(), self._today(), edition

    def _today(self) -> date:
        return self._now().date()


def all_and_public(
    catalog: Catalog,
    events: EventLog,
    rankings: FaqSnapshots,
    policy: Policy,
    habits: Callable[[], Habits],
    learning: Learning,
    **shared: Any,
) -> tuple[Snapshots, Snapshots]:
    """Of all articles, and of the public ones, about which agents' words and reviews tell nothing."""
    published, outside = PublishedArticles(catalog), PublishedArticles(catalog, seen_outside)
    everything = Snapshots(
        catalog,
        published,
        panels=FaqPanels(catalog, events, rankings, policy, lambda: published.now().values()),
        policy=policy,
        habits=habits,
        learned=learning.current,
        **shared,
    )
    articles, policy = PublicArticles(catalog), replace(policy, for_outsiders=True)
    public = Snapshots(
        articles,
        outside,
        panels=FaqPanels(articles, events, rankings, policy, lambda: outside.now().values()),
        policy=policy,
        habits=lambda: (habits()[0], ()),
        learned=LearnedQuestions,
        audience=PUBLIC,
        **shared,
    )
    return everything, public


def _require_index(version: int) -> None:
    if version == 0:
        raise IndexMissing("还没有建立索引，请先执行 kb index。")


class _NotKept(Exception):
    """Carries a page past the cache of pages, which keeps whatever is returned to it."""

    def __init__(self, page: SearchPage) -> None:
        self.page = page


def _kept(page: SearchPage) -> SearchPage:
    """The page with a number of its own, unless the next who asks may get a better one."""
    if page.semantic_trouble:
        raise _NotKept(page)
    return replace(page, kept_as=next(_NUMBERS))


@dataclass(frozen=True, slots=True)
class _Articles:
    """The articles behind hits: from memory while the snapshot is that of the catalog's ``version`` or the database
    fails, else as the catalog has them now.
    """

    served: ServedArticles
    version: int
    snapshot: Mapping[str, ArticleRecord]

    def get_many(self, ids: Sequence[str]) -> Mapping[str, ArticleRecord]:
        try:
            if self.served.recent_version() != self.version:
                return {i: without_body(record) for i, record in self.served.get_many(ids).items()}
        except StoreError as error:
            log.warning("数据库暂不可用，以内存中的条目作答：%s", error)
        return {i: self.snapshot[i] for i in ids if i in self.snapshot}


def _warm_up(snapshot: Snapshot) -> None:
    snapshot.searcher.vocabulary.tokenizer.warm_up()
    snapshot.suggester()
    snapshot.library.spelling().warm_up()
