"""What engines that keep their files below one folder share: everything but how a generation is read and written.

Reading: the latest commit of the current generation is kept open and looked at anew at most every
REFRESH_SECONDS, so that commits and swaps by any process are seen. A reader that is replaced lives on until the
requests that use it have ended. Writing: one batch or rebuild at a time, see ``Generations``.
"""

from __future__ import annotations

import errno
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from kb.engines.damage import damage_is_corruption
from kb.engines.generations import Generations
from kb.errors import EngineError, IndexCorrupt, IndexMissing, SmokeTestFailed
from kb.ports.engine import EngineQuery, EngineResult, IndexDocument, Searchable, Term, WriteBatch

REFRESH_SECONDS = 0.25


class View(Protocol):
    """One commit of one generation, open for reading; later commits don't change it."""

    path: Path
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


class EmbeddedEngine(ABC):
    """Index below ``root``; ``lock_timeout`` in seconds. See ``kb.ports.engine.SearchEngine`` for the contract."""

    name: str
    format: int

    def __init__(self, root: Path, lock_timeout: float = 20.0) -> None:
        self._generations = Generations(root, lock_timeout)
        self._view: View | None = None
        self._looked = 0.0
        self._lock = threading.Lock()

    @abstractmethod
    def _open(self, path: Path) -> View:
        """The latest commit of the generation at ``path``. Whatever is raised means damage."""

    @abstractmethod
    def _write(self, path: Path, documents: Iterator[IndexDocument], deleted_ids: Collection[str]) -> None:
        """Commit a change of the generation at ``path``: first delete, then add. Raises IndexCorrupt on damage."""

    @abstractmethod
    def _build(self, path: Path, documents: Iterable[IndexDocument]) -> None:
        """Fill the empty folder ``path`` with a new generation."""

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
            with self._lock:
                return self._latest().generation
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
        return path.name

    def rollback(self) -> str:
        with self._generations.writing():
            path = self._generations.roll_back(self.name)
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

    def _current(self) -> View:
        """The latest view, opened anew if its files are no longer what they were."""
        with self._lock:
            if self._view is not None and not self._view.is_intact():
                self._view = None
            return self._latest()

    def _latest(self) -> View:
        """The open view, renewed when something newer was published since the last look."""
        now = time.monotonic()
        if self._view is None or now - self._looked >= REFRESH_SECONDS:
            self._renew()
            self._looked = now
        assert self._view is not None  # noqa: S101  # _renew() either sets it or raises
        return self._view

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

    def _serving(self) -> Path:
        """The directory that serves; IndexMissing when another engine filled it: then it is built anew."""
        path = self._generations.current()
        builder = self._generations.meta(path).get("engine")
        if builder != self.name:
            raise IndexMissing(f"现有索引是用 {builder} 建的，现在用的是 {self.name}，请先执行 kb index。")
        return path

    def _smoke_test(self, path: Path, taken: _Taken) -> None:
        """Prove that the new generation holds everything and finds an article by its own title."""
        view, sample = self._open(path), taken.first
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
