"""What engines share: everything but where generations are, and how one is read and written.

Reading: the latest commit of the current generation is kept open. Whoever asks looks for a later one when nobody has
for ``refresh_seconds``, so that commits and swaps by any process are seen; meanwhile others go on with what is open, so
one that hangs holds up nobody else. A reader that is replaced lives on until the requests that use it have ended.
Writing: one batch or rebuild at a time.
"""

from __future__ import annotations

import errno
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import PurePath
from typing import Any, Protocol

from kb.engines.damage import damage_is_corruption
from kb.errors import (
    ClusterAway,
    ClusterError,
    ClusterMissing,
    EngineError,
    IndexCorrupt,
    IndexMissing,
    SmokeTestFailed,
)
from kb.ports.engine import EngineQuery, EngineResult, IndexDocument, Searchable, Term, WriteBatch

#: until the next look after nobody was there to be asked
_REST_SECONDS = 5.0


class Generations(Protocol):
    """The generations of an index, each at a place with a name."""

    def writing(self) -> AbstractContextManager[None]:
        """Be the one writer; IndexLocked when another process stays it for longer than the timeout."""

    def current(self) -> Any:
        """The one that serves; IndexMissing before the first build, IndexCorrupt when it is gone."""

    def create(self) -> Any:
        """A new empty one. Call within ``writing()``."""

    def publish(self, path: Any, meta: dict[str, str]) -> None:
        """Make ``path`` the one that serves. Call within ``writing()``."""

    def roll_back(self, engine: str) -> Any:
        """Have the one serve that served before, if ``engine`` built it. Call within ``writing()``."""

    def discard(self, path: Any) -> None:
        """Remove one that failed."""

    def meta(self, path: Any) -> dict[str, str]:
        """What ``publish`` recorded; IndexCorrupt when it can't be read."""


class View(Protocol):
    """One commit of one generation, open for reading; later commits don't change it."""

    path: PurePath
    generation: str

    def is_intact(self) -> bool:
        """Whether it can be read on; if not, it is opened anew, which says what is wrong."""

    def is_behind(self) -> bool:
        """Whether there is a later commit of the same generation."""

    def renewed(self) -> View:
        """The latest commit of the same generation."""

    def as_if(self, document: IndexDocument) -> View:
        """The same commit with ``document`` in it."""

    def search(self, query: EngineQuery) -> EngineResult:
        """See ``kb.ports.engine.Searchable``."""

    def terms(self, field_name: str, prefix: str) -> Iterable[str]:
        """The indexed tokens of a text field that start with ``prefix``, in order."""

    def revisions(self) -> dict[str, str]:
        """id -> revision of every document."""

    def count(self, audience: str | None) -> int:
        """How many documents there are, for one audience or for all."""


class GenerationalEngine(ABC):
    """See ``kb.ports.engine.SearchEngine`` for the contract."""

    name: str
    library: str | None
    format: int
    #: how old what is seen of other processes' changes may be: for who asks, and for ``look``
    refresh_seconds = look_seconds = 0.25

    def __init__(self, generations: Generations) -> None:
        self._generations = generations
        self._view: View | None = None
        self._looked = 0.0
        self._away: tuple[float, ClusterAway] | None = None  # until when nobody tries again to open the first view
        self._lock = threading.Lock()

    @abstractmethod
    def _open(self, path: Any) -> View:
        """The latest commit of the generation at ``path``. Whatever is raised means damage."""

    @abstractmethod
    def _write(self, path: Any, documents: Iterator[IndexDocument], deleted_ids: Collection[str]) -> None:
        """Commit a change of the generation at ``path``: first delete, then add. Raises IndexCorrupt on damage."""

    @abstractmethod
    def _build(self, path: Any, documents: Iterable[IndexDocument]) -> None:
        """Fill the empty folder ``path`` with a new generation."""

    def _open_new(self, path: Any) -> View:
        """The same of one that was just built."""
        return self._open(path)

    def search(self, query: EngineQuery) -> EngineResult:
        view = self._current()
        with damage_is_corruption():
            return view.search(query)

    def as_if(self, document: IndexDocument) -> Searchable:
        view = self._current()
        with damage_is_corruption():
            return _Ahead(view.as_if(document))

    def terms(self, field_name: str, prefix: str, limit: int) -> list[str]:
        view = self._current()
        with damage_is_corruption():
            return [token for _, token in zip(range(limit), view.terms(field_name, prefix), strict=False)]

    def revisions(self) -> dict[str, str]:
        view = self._current()
        with damage_is_corruption():
            return view.revisions()

    def doc_count(self, audience: str | None = None) -> int:
        view = self._current()
        with damage_is_corruption():
            return view.count(audience)

    def generation(self) -> str:
        try:
            return self._current().generation
        except IndexMissing:
            return ""

    def look(self) -> None:
        if self._view is None or self._is_due(self.look_seconds):
            with self._lock, suppress(EngineError):
                self._latest(self.look_seconds)

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
                self._write(self._serving(), changes.puts(), changes.pending.keys())
        self._looked = 0.0

    def rebuild(self, documents: Iterable[IndexDocument], fingerprint: str) -> str:
        with self._disk_errors(), self._generations.writing():
            path = self._generations.create()
            try:
                taken = _Taken(documents)
                self._build(path, taken)
                self._smoke_test(path, taken)
                self._generations.publish(
                    path, {"engine": self.name, "fingerprint": fingerprint, "documents": str(taken.count)}
                )
            except BaseException:
                self._generations.discard(path)
                raise
        self._looked = 0.0
        return str(path.name)

    def rollback(self) -> str:
        with self._generations.writing():
            path = self._generations.roll_back(self.name)
        self._looked = 0.0
        return str(path.name)

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

    def _current(self) -> View:
        """The latest view, opened anew if its files are no longer what they were."""
        view = self._view
        if view is not None and view.is_intact():
            if not self._is_due(self.refresh_seconds):
                return view
            # reading a large index anew takes seconds: who looks already is not waited for, unless it was changed here
            if self._looked and self._lock.locked():
                return view
        self._check_away()
        with self._lock:
            self._check_away()  # who waited for somebody to try does not try next
            if self._view is not None and not self._view.is_intact():
                self._view = None
            return self._latest(self.refresh_seconds)

    def _check_away(self) -> None:
        """Raises ClusterAway where nothing is open and nobody answered just now."""
        if self._view is None and self._away is not None and time.monotonic() < self._away[0]:
            raise self._away[1]

    def _latest(self, seconds: float) -> View:
        """The open view, renewed when something newer was published and nobody has looked for so long."""
        if self._view is None or self._is_due(seconds):
            self._looked = time.monotonic()
            self._renew()
        assert self._view is not None  # noqa: S101  # _renew() either sets it or raises
        return self._view

    def _is_due(self, seconds: float) -> bool:
        return time.monotonic() - self._looked >= seconds

    def _renew(self) -> None:
        try:
            path = self._serving()
            with damage_is_corruption():
                if self._view is None or self._view.path != path:
                    self._view = self._open(path)
                elif self._view.is_behind():
                    self._view = self._view.renewed()
        except (IndexCorrupt, IndexMissing):
            if self._view is None:  # damage on disk doesn't take down what is already open
                raise
        except ClusterError as error:  # nor does a cluster that can't be asked
            if self._view is None:
                if isinstance(error, ClusterAway):
                    self._away = time.monotonic() + _REST_SECONDS, error
                raise
            if not isinstance(error, ClusterMissing):
                self._looked = time.monotonic() + _REST_SECONDS

    def _serving(self) -> Any:
        """The directory that serves; IndexMissing when another engine filled it: then it is built anew."""
        path = self._generations.current()
        builder = self._generations.meta(path).get("engine")
        if builder != self.name:
            raise IndexMissing(f"现有索引是用 {builder} 建的，现在用的是 {self.name}，请先执行 kb index。")
        return path

    def _smoke_test(self, path: Any, taken: _Taken) -> None:
        """Prove that the new generation holds everything and finds an article by its own title."""
        view, sample = self._open_new(path), taken.first
        if view.count(None) != taken.count:
            raise SmokeTestFailed(f"新索引应有 {taken.count} 条，实有 {view.count(None)} 条；没有启用新索引。")
        title = sample.analyzed()["title"] if sample else None
        if sample is None or title is None or not title.tokens:
            return
        terms = tuple(Term(token) for token in dict.fromkeys(title.tokens))
        found = view.search(EngineQuery(terms=terms, phrases=(title.folded,), boosts={"head": 1.0}, limit=taken.count))
        if all(hit.id != sample.id for hit in found.hits):
            raise SmokeTestFailed(f"新索引用标题查不到条目 {sample.id}；没有启用新索引。")


class _Ahead:
    """The Searchable of ``as_if``."""

    def __init__(self, view: View) -> None:
        self._view = view

    def search(self, query: EngineQuery) -> EngineResult:
        with damage_is_corruption():
            return self._view.search(query)

    def generation(self) -> str:
        return self._view.generation


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


class _Taken:
    """The documents of a rebuild, which must have ids of their own; ``first`` and ``count`` tell what was taken."""

    def __init__(self, documents: Iterable[IndexDocument]) -> None:
        self._documents = documents
        self._seen: set[str] = set()
        self.first: IndexDocument | None = None

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self._seen)

    def __iter__(self) -> Iterator[IndexDocument]:
        for document in self._documents:
            if document.id in self._seen:
                raise EngineError(f"编号 {document.id} 在同一次重建中出现了两次。")
            self._seen.add(document.id)
            self.first = self.first or document
            yield document
