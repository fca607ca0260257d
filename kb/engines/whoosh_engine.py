"""The SearchEngine adapter on Whoosh: the default, pure Python, nothing to install besides it.

Reading: the latest commit of the current generation is kept open and looked at anew at most every
REFRESH_SECONDS, so that commits and swaps by any process are seen. A reader that is replaced lives on until the
requests that use it have ended. Writing: one batch or rebuild at a time, see ``Generations``.
"""

from __future__ import annotations

import errno
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.engines.generations import Generations
from kb.engines.highlighting import highlights, is_one_token, needles
from kb.engines.scoring import ENOUGH, Accumulator, FieldStatistics, Plan, Postings, counts, plan, top
from kb.engines.whoosh_build import Build, prepare
from kb.engines.whoosh_index import Reader, WhooshIndex
from kb.errors import EngineError, IndexCorrupt, IndexMissing, KbError, SmokeTestFailed
from kb.ports.engine import (
    LONG_TEXT,
    SCORED_FIELDS,
    TEXT_FIELDS,
    EngineHit,
    EngineQuery,
    EngineResult,
    Evidence,
    IndexDocument,
    Term,
    WriteBatch,
)
from kb.text.analyzer import AnalyzedText
from kb.text.grams import grams, is_han_unit
from kb.text.matching import occurrences
from kb.text.once import once

REFRESH_SECONDS = 0.25


class WhooshEngine:
    """Index below ``root``; ``lock_timeout`` in seconds. See ``kb.ports.engine.SearchEngine`` for the contract."""

    name = "whoosh"

    def __init__(self, root: Path, lock_timeout: float = 20.0) -> None:
        self._generations = Generations(root, lock_timeout)
        self._view: _View | None = None
        self._looked = 0.0
        self._lock = threading.Lock()

    def search(self, query: EngineQuery) -> EngineResult:
        view = self._current()
        with _damage_is_corruption():
            return view.search(query)

    def terms(self, field_name: str, prefix: str, limit: int) -> list[str]:
        view = self._current()
        with _damage_is_corruption():
            return [token for _, token in zip(range(limit), view.reader.tokens(field_name, prefix), strict=False)]

    def revisions(self) -> dict[str, str]:
        view = self._current()
        with _damage_is_corruption():
            return dict(view.reader.identity(int(number)) for number in view.reader.live_numbers())

    def doc_count(self) -> int:
        return self._current().reader.live

    def generation(self) -> str:
        try:
            return self._current().generation
        except IndexMissing:
            return ""

    def fingerprint(self) -> str | None:
        try:
            return self._generations.meta(self._generations.current()).get("fingerprint")
        except IndexMissing:
            return None

    @contextmanager
    def batch(self) -> Iterator[WriteBatch]:
        with self._disk_errors(), self._generations.writing():
            changes = _Changes()
            yield changes
            if changes.pending:
                with _damage_is_corruption():
                    index = WhooshIndex(self._generations.current())
                index.write(map(prepare, changes.puts()), deleted_ids=list(changes.pending))
                index.close()
        self._looked = 0.0

    def rebuild(self, documents: Iterable[IndexDocument], fingerprint: str) -> str:
        with self._disk_errors(), self._generations.writing():
            path = self._generations.create()
            try:
                build = Build(path)
                build.run(documents)
                _smoke_test(path, build.first, build.count)
                self._generations.publish(
                    path, {"engine": self.name, "fingerprint": fingerprint, "documents": str(build.count)}
                )
            except BaseException:
                self._generations.discard(path)
                raise
        self._looked = 0.0
        return path.name

    def rollback(self) -> str:
        with self._generations.writing():
            path = self._generations.roll_back()
        self._looked = 0.0
        return path.name

    def close(self) -> None:
        self._view = None

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = "磁盘空间不足" if error.errno == errno.ENOSPC else f"写入失败（{error.strerror or error}）"
            raise EngineError(f"索引没有更新：{reason}。{self._meanwhile()}，处理后请重新执行 kb index。") from error

    def _meanwhile(self) -> str:
        try:
            self._generations.current()
        except EngineError:
            return "现在还没有可用的索引"
        return "原来的索引照常使用"

    def _current(self) -> _View:
        """The open view, renewed when something newer was published since the last look."""
        with self._lock:
            now = time.monotonic()
            if self._view is None or now - self._looked >= REFRESH_SECONDS:
                self._renew()
                self._looked = now
            assert self._view is not None  # noqa: S101  # _renew() either sets it or raises
            return self._view

    def _renew(self) -> None:
        try:
            path = self._generations.current()
            with _damage_is_corruption():
                if self._view is None or self._view.path != path:
                    self._view = _View.open(path)
                elif self._view.is_behind():
                    self._view = self._view.renewed()
        except (IndexCorrupt, IndexMissing):
            if self._view is None:  # damage on disk doesn't take down what is already open
                raise


class _Changes:
    """The WriteBatch: the last word per id; None means delete."""

    def __init__(self) -> None:
        self.pending: dict[str, IndexDocument | None] = {}

    def put(self, document: IndexDocument) -> None:
        self.pending[document.id] = document

    def delete(self, article_id: str) -> None:
        self.pending[article_id] = None

    def puts(self) -> Iterator[IndexDocument]:
        return (document for document in self.pending.values() if document is not None)


@contextmanager
def _damage_is_corruption() -> Iterator[None]:
    """Whatever Whoosh raises on damaged files (struct, pickle, zlib, key errors …) is one error to our callers."""
    try:
        yield
    except (KbError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            raise EngineError("打开的文件太多，暂时读不了索引；请调高系统的文件数上限（ulimit -n）。") from error
        raise IndexCorrupt(
            f"索引文件损坏（{type(error).__name__}），请执行 kb index --rebuild 重建；知识文件不受影响。"
        ) from error


def _smoke_test(path: Path, sample: IndexDocument | None, count: int) -> None:
    """Prove that the new generation holds everything and finds an article by its own title."""
    view = _View.open(path)
    if view.reader.live != count:
        raise SmokeTestFailed(f"新索引应有 {count} 条，实有 {view.reader.live} 条；没有启用新索引。")
    title = sample.analyzed()["title"] if sample else None
    if sample is None or title is None or not title.tokens:
        return
    terms = tuple(Term(token) for token in dict.fromkeys(title.tokens))
    found = view.search(EngineQuery(terms=terms, phrases=(title.folded,), boosts={"head": 1.0}, limit=count))
    if all(hit.id != sample.id for hit in found.hits):
        raise SmokeTestFailed(f"新索引用标题查不到条目 {sample.id}；没有启用新索引。")


class _View:
    """One commit of one generation: searching happens here, on immutable data."""

    def __init__(self, path: Path, index: WhooshIndex) -> None:
        self.path, self._index = path, index
        self._version = index.version()
        self.reader: Reader = index.reader()
        self.generation = f"{path.name}.{self._version}"
        self._norms = {
            name: FieldStatistics.of(self.reader.lengths(name), self.reader.live).norms for name in SCORED_FIELDS
        }
        self._live = np.zeros(self.reader.size, np.bool_)
        self._live[self.reader.live_numbers()] = True
        self._tokens_with = once(self._by_character)
        self._keywords: dict[str, dict[str, NDArray[np.int32]]] = {}

    @classmethod
    def open(cls, path: Path) -> _View:
        return cls(path, WhooshIndex(path))

    def is_behind(self) -> bool:
        return self._index.version() != self._version

    def renewed(self) -> _View:
        return _View(self.path, self._index)

    def search(self, query: EngineQuery) -> EngineResult:
        scores, hits = self._matches(query)
        numbers = np.flatnonzero(hits).astype(np.int32)
        best = top(scores, numbers, query.offset + query.limit)
        ranked = sorted((-float(scores[n]), *self.reader.identity(int(n)), int(n)) for n in best)
        wanted = needles(query)
        page = ranked[query.offset : query.offset + query.limit]
        return EngineResult(
            hits=tuple(
                EngineHit(article_id, revision, -negative, cache(partial(self._evidence, number, wanted)))
                for negative, article_id, revision, number in page
            ),
            total=int(numbers.size),
            facets={name: counts(self._values(name), hits) for name in query.facets},
            generation=self.generation,
        )

    def _matches(self, query: EngineQuery) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Scores per document, and which documents are hits."""
        allowed = self._allowed(query)
        if query.terms:
            scores = self._score(query, plan(query.terms, self._frequency, self.reader.live), allowed)
        else:
            scores = allowed.astype(np.float32)
        hits = allowed & (scores > 0)
        if query.floor and hits.any():
            hits &= scores >= query.floor * scores[hits].max()
        return scores, hits

    def _score(self, query: EngineQuery, planned: Plan, allowed: NDArray[np.bool_]) -> NDArray[np.float32]:
        scored = Accumulator(self.reader.size, self.reader.live)
        for term in planned.rare:
            scored.add(term, self._postings(term, query.boosts))
        selected = np.flatnonzero(allowed & scored.found()).astype(np.int32)
        only = selected if selected.size >= ENOUGH else None
        for term in planned.common:
            scored.add(term, self._postings(term, query.boosts), only)
        return scored.scores()

    def _postings(
        self, term: Term, boosts: Mapping[str, float]
    ) -> Iterator[tuple[Postings, NDArray[np.float32], float]]:
        for name, boost in boosts.items():
            yield self.reader.postings(name, term.text), self._norms[name], boost

    def _frequency(self, token: str) -> int:
        return int(self.reader.postings("head", token)[0].size)

    def _allowed(self, query: EngineQuery) -> NDArray[np.bool_]:
        """Which documents pass filters, phrases and exclusions."""
        allowed: NDArray[np.bool_] = self._live.copy()
        for name, values in query.filters.items():
            passing = np.zeros_like(allowed)
            for value in values:
                passing[self.reader.postings(name, value)[0]] = True
            allowed &= passing
        for article_id in query.hidden_ids:
            allowed[self.reader.numbers(article_id)] = False
        for phrase in query.phrases:
            allowed &= self._containing(phrase, allowed)
        for phrase in query.excluded:
            allowed &= ~self._containing(phrase, allowed)
        return allowed

    def _containing(self, phrase: str, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which documents contain ``phrase`` in one of their texts."""
        carrying = np.zeros_like(among)
        for name in SCORED_FIELDS:
            carrying |= self._carrying(name, phrase)
        carrying &= among
        if not is_one_token(phrase):
            for number in np.flatnonzero(carrying):
                texts = self._texts(int(number)).values()
                carrying[number] = any(True for text in texts for _ in occurrences(text.folded, phrase))
        return carrying

    def _carrying(self, name: str, phrase: str) -> NDArray[np.bool_]:
        """Which documents carry every token of ``phrase`` in one field."""
        every_unit = name != LONG_TEXT
        carrying = np.ones(self.reader.size, np.bool_)
        tokens = grams(phrase, every_unit=every_unit)
        for token in tokens:
            having = np.zeros_like(carrying)
            lonely = not every_unit and len(token) == 1 and is_han_unit(token)
            for variant in self._tokens_with()[token] if lonely else (token,):
                having[self.reader.postings(name, variant)[0]] = True
            carrying &= having
        return carrying if tokens else np.zeros_like(carrying)

    def _by_character(self) -> dict[str, list[str]]:
        """Han character -> the tokens of the long text that hold it, which is how it is indexed there."""
        found: dict[str, list[str]] = defaultdict(list)
        for token in self.reader.tokens(LONG_TEXT):
            for character in token:
                found[character].append(token)
        return found

    def _values(self, name: str) -> dict[str, NDArray[np.int32]]:
        """Every value of a keyword field with the documents that carry it."""
        if name not in self._keywords:
            self._keywords[name] = {t: self.reader.postings(name, t)[0] for t in self.reader.tokens(name)}
        return self._keywords[name]

    def _evidence(self, number: int, wanted: tuple[str, ...]) -> Evidence:
        with _damage_is_corruption():
            texts = self._texts(number)
            found = (mark for name in TEXT_FIELDS for mark in highlights(name, texts[name], wanted))
            return Evidence(texts, tuple(found))

    def _texts(self, number: int) -> dict[str, AnalyzedText]:
        return {
            name: AnalyzedText(text, text if folded is None else folded, offsets, [])
            for name, (text, folded, offsets) in self.reader.stored(number).items()
        }
