"""Embedding the articles: what has no vector yet is embedded in small batches, each kept at once.

Wanted and kept are compared at every pass, so whatever interrupts it, nothing is embedded twice; only one process
embeds, others take over what it kept, and so do other machines. When the model changes, the vectors of the former one
serve until the new ones are there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from kb.errors import ClusterError, EmbedderError, StoreBusy
from kb.ports.embedder import Embedder, VectorsElsewhere, VectorStore, content_key
from kb.rules.vector_index import ArticleTexts, VectorIndex, needed_texts
from kb.usecases.progress import Progress, silent

log = logging.getLogger(__name__)

#: texts at once: what a kill loses, and how long (some 0.4 s) a stop waits
BATCH = 16
#: the part of articles that must have vectors before any serve: the others would seem far from every question
ENOUGH = 0.9
#: texts whose vectors are asked of other machines at once
AT_ONCE = 500
#: seconds
LOOK_EVERY = 1.0
#: whoever waits for another machine looks so many times as long after a look that took long
REST = 10
RETRY_AFTER_AT_MOST = 300.0
RETRY_AFTER_A_BUG = 60.0

#: the published articles by audience; at None there are all of them
Collections = Mapping[str | None, Sequence[ArticleTexts]]
#: takes the embedder that queries must go through from now on, and its indexes by audience
Publish = Callable[[Embedder, Mapping[str | None, VectorIndex]], None]
#: models of former times that can still be asked, with their vectors
Former = Callable[[], Iterable[tuple[Embedder, VectorStore]]]


@dataclass(frozen=True, slots=True)
class EmbeddingReport:
    """What a run did: texts that there are, that it embedded, that had vectors already."""

    articles: int
    texts: int
    embedded: int
    cached: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The articles, and by content key the texts whose vectors they need."""

    collections: Collections
    texts: dict[bytes, str]

    @classmethod
    def of(cls, collections: Collections) -> _Wanted:
        articles = list(chain.from_iterable(collections.values()))
        return cls(collections, needed_texts(articles) if articles else {})

    @property
    def articles(self) -> Sequence[ArticleTexts]:
        """All of them."""
        return self.collections.get(None, ())


class Embedding:
    """Keeps vectors equal to the articles; ``publish`` is given every index that may serve. What is ``elsewhere`` is
    not made here.
    """

    def __init__(
        self,
        embedder: Embedder,
        store: VectorStore,
        former: Former,
        publish: Publish,
        elsewhere: VectorsElsewhere | None = None,
    ) -> None:
        self._embedder, self._store, self._elsewhere = embedder, store, elsewhere
        self._former, self._publish = former, publish
        self._followed: dict[str | None, tuple[ArticleTexts, ...]] = {}
        self._changed = threading.Event()
        self._working = threading.Lock()
        self._wanted = _Wanted.of({})
        self._serves = False  # an index of this embedder was published
        self._offered: tuple[Collections, int] = ({}, -1)  # articles, and how many texts were missing
        self._ours: set[bytes] = set()  # what nobody else has made or will make
        self._refused: Counter[bytes] = Counter()  # how often a text was in a batch that failed
        self._trouble = ""
        self.texts = self.done = self._embedded = 0

    @property
    def trouble(self) -> str:
        """What keeps vectors from being made or kept; "" for nothing."""
        return self._trouble or self._store.trouble

    def follow(self, articles: tuple[ArticleTexts, ...], audience: str | None = None) -> None:
        """These are the published articles for ``audience`` (None: all) from now on; returns at once."""
        if articles != self._followed.get(audience):  # snapshots are also made anew because of a day, a use, a word
            self._followed[audience] = articles
            self._changed.set()

    def load(self) -> None:
        """Publish what is kept on disk, if that is enough; does nothing while the articles are the same."""
        with self._working:
            if self._wanted.collections != self._followed:
                self._take_over()
                if not self._serves:
                    self._offer_former()

    def run(self, stop: threading.Event) -> None:
        """Follow until ``stop``; whatever goes wrong is logged and tried again."""
        while not stop.is_set():
            if not self._changed.wait(LOOK_EVERY):
                continue
            self._changed.clear()
            try:
                self.load()
                self.complete(stop)
            except Exception as error:
                log.exception("嵌入任务出错，稍后重试")
                self._trouble = f"嵌入任务出错（{type(error).__name__}），详见日志。"
                stop.wait(RETRY_AFTER_A_BUG)
                self._changed.set()

    def complete(
        self, stop: threading.Event, progress: Progress = silent, attempts: int | None = None
    ) -> EmbeddingReport:
        """Embed what is missing; ends early when stopped or when there are other articles to follow.

        A failing model is asked again after as long as it wishes, or 2, 4, 8 … seconds. Raises EmbedderError after so
        many ``attempts`` without any progress (None: never).
        """
        started, at_first, failures, wait = time.monotonic(), self._embedded, 0, 0.0
        while True:
            before = self._embedded
            try:
                began = time.monotonic()
                if self._work(stop, progress):
                    self._trouble = ""
                    break
                wait = max(LOOK_EVERY, REST * (time.monotonic() - began))
            except StoreBusy as error:  # see how far the other process is
                if wait != LOOK_EVERY:
                    log.warning("%s", error)
                wait = LOOK_EVERY
                with self._working:
                    self._take_over()
            except EmbedderError as error:
                failures = 1 if self._embedded > before else failures + 1
                with self._working:
                    self._offer(settle=True)
                if failures == attempts:
                    raise
                wait = self._delay(error, failures)
            if stop.wait(wait):
                break
        embedded = self._embedded - at_first
        seconds = round(time.monotonic() - started, 2)
        return EmbeddingReport(len(self._wanted.articles), self.texts, embedded, self.done - embedded, seconds)

    # --- inside

    def _work(self, stop: threading.Event, progress: Progress) -> bool:
        """Whether that is all that is to be done here; False: another machine is at it."""
        with self._working, self._store.writing():
            self._take_over()
            wanted = self._wanted
            if self._take_from_elsewhere():
                return False
            missing = self._store.missing(wanted.texts)
            if long := len(missing) > BATCH:
                log.info("开始嵌入：%d 条文本中的 %d 条", len(wanted.texts), len(missing))
            missing.sort(key=lambda key: self._refused[key])
            for batch in self._batches(progress(missing, len(missing), "嵌入")):
                if stop.is_set() or self._followed != wanted.collections:
                    return True
                self._refused.update(batch)
                self._store.add(batch, self._embedder.embed_texts([wanted.texts[key] for key in batch]))
                self._refused.subtract(batch)
                self._embedded += len(batch)
                self._offer()
            if long:
                log.info("嵌入完成：%d 条文本", len(wanted.texts))
            if wanted.articles and not self._store.trouble:  # no articles at all are more likely an accident
                self._store.compact(wanted.texts)
                self._store.delete_others()
        return True

    def _take_from_elsewhere(self) -> bool:
        """Keep what another machine has made of what is missing; whether the rest is left to it."""
        if self._elsewhere is None:
            return False
        missing = [key for key in self._store.missing(self._wanted.texts) if key not in self._ours]
        if not missing:
            return False
        trouble = ""
        try:
            for start in range(0, len(missing), AT_ONCE):
                keys, vectors = self._elsewhere.get(missing[start : start + AT_ONCE])
                if keys:
                    self._store.add(keys, vectors)
        except ClusterError as error:
            trouble = str(error)
        self._offer()
        missing = self._store.missing(missing)
        if missing and self._elsewhere.makes_the_rest():
            self._trouble = trouble
            return True
        if not trouble:
            self._ours.update(missing)
        return False

    def _take_over(self) -> None:
        """See which articles there are now, and what is kept of them."""
        if self._wanted.collections != self._followed:
            self._wanted = _Wanted.of(dict(self._followed))
        self._store.refresh()
        self._offer()

    def _offer(self, settle: bool = False) -> None:
        """Publish an index when all vectors are there. The first may come a little earlier, and if we ``settle``
        for what there is, because the rest can't be had now, so may others.
        """
        wanted = self._wanted
        missing = len(self._store.missing(wanted.texts))
        self.texts, self.done = len(wanted.texts), len(wanted.texts) - missing
        source, missed = self._offered
        if (source is wanted.collections and missed == missing) or (missing and self._serves and not settle):
            return
        indexes = _indexes(wanted, self._store)
        if None in indexes:
            self._publish(self._embedder, indexes)
            self._serves, self._offered = True, (wanted.collections, missing)

    def _offer_former(self) -> None:
        for embedder, store in self._former():
            store.refresh()
            indexes = _indexes(self._wanted, store)
            if None in indexes:
                log.info("嵌入模型换了，新的向量齐全之前仍用 %s", embedder.fingerprint)
                self._publish(embedder, indexes)
                return

    def _batches(self, keys: Iterable[bytes]) -> Iterator[list[bytes]]:
        """``keys`` in batches; those that were refused come alone, so that one bad text doesn't keep others out."""
        batch: list[bytes] = []
        for key in keys:
            if batch and (len(batch) == BATCH or self._refused[key]):
                yield batch
                batch = []
            batch.append(key)
        if batch:
            yield batch

    def _delay(self, error: EmbedderError, failures: int) -> float:
        """Note and say a failure; return how many seconds to wait."""
        if not self._trouble:
            log.warning("嵌入没有完成，会不断重试：%s", error)
        self._trouble = str(error)
        wanted = 2.0 ** min(failures, 8) if error.retry_after is None else error.retry_after
        return min(wanted, RETRY_AFTER_AT_MOST)


def _indexes(wanted: _Wanted, store: VectorStore) -> dict[str | None, VectorIndex]:
    """By audience, of the articles with all their vectors; none where they are too few."""
    missing = set(store.missing(wanted.texts))
    found = ((audience, _index(articles, store, missing)) for audience, articles in wanted.collections.items())
    return {audience: index for audience, index in found if index}


def _index(articles: Sequence[ArticleTexts], store: VectorStore, missing: set[bytes]) -> VectorIndex | None:
    ready = [article for article in articles if missing.isdisjoint(map(content_key, article.all()))]
    return VectorIndex(ready, store.matrix, missing) if len(ready) >= ENOUGH * len(articles) else None
