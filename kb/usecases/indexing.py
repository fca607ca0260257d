"""``kb index``: files → catalog → history and index, each step taking over only what differs.

Both steps compare states (file stamps with the catalog, the catalog's revisions with the index's), never replay
events. So whatever was killed, missed or done twice, the next run ends in the same state.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import itemgetter

from kb.errors import ArticleError, IndexCorrupt, IndexMissing
from kb.garbage import without_garbage_collection
from kb.model import ArticleRecord, Problem
from kb.ports.catalog import Catalog
from kb.ports.content import ArticleFiles, FileStat, Scan
from kb.ports.engine import IndexDocument, SearchEngine
from kb.ports.history import History
from kb.usecases.documents import index_document
from kb.usecases.progress import Progress, silent
from kb.usecases.spooling import spooled

log = logging.getLogger(__name__)

#: (size, mtime_ns) of a file when it was read; None when it never was
Stamp = tuple[int, int] | None

_INDEX = "_index.md"

#: so many changed files are looked at one by one
_FEW = 50

#: So many changes at once are cheaper as a rebuild: a batch deletes one by one and leaves a second segment.
_REBUILD_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a run did. ``articles``: published ones in the index; ``errors``: findings that keep a file from being
    served as it stands; ``rebuilt``: why everything was indexed anew, None when it was not."""

    articles: int
    added: int
    changed: int
    removed: int
    errors: int
    seconds: float
    rebuilt: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Difference:
    added: frozenset[str]
    changed: frozenset[str]
    removed: frozenset[str]

    @classmethod
    def between(cls, old: dict[str, str], new: dict[str, str]) -> _Difference:
        other = frozenset(article_id for article_id, _ in old.items() ^ new.items())
        added, removed = other - old.keys(), other - new.keys()
        return cls(added, other - added - removed, removed)

    def __len__(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)


class Indexer:
    """Keeps catalog, history and index equal to the files; ``fingerprint`` names all else that the index depends on.

    ``may_write`` raises while another machine writes the index.
    """

    def __init__(
        self,
        files: ArticleFiles,
        catalog: Catalog,
        engine: SearchEngine,
        fingerprint: str,
        history: History,
        now: Callable[[], datetime],
        may_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._files, self._catalog, self._engine = files, catalog, engine
        self._fingerprint, self._history, self._now = fingerprint, history, now
        self._may_write = may_write
        self._turn = threading.Lock()

    def sync(self, rebuild: bool = False, thorough: bool = True, progress: Progress = silent) -> IndexReport:
        """Take over every change. Raises ArticleError when the folder can't be read, EngineError, StoreError.

        What served before goes on serving then. ``rebuild``: read every file and index it anew. ``thorough``: look
        for damage in the catalog as well, which takes longer than finding what changed.
        """
        started = time.perf_counter()
        with without_garbage_collection():
            scan = self._scan()
            damaged = self._catalog.damaged() if thorough else []
        if not scan.files and not rebuild and (served := len(self._catalog.index_revisions())):
            # rather a lost mount or a mistyped folder than a wish
            raise ArticleError(
                f"知识目录 {self._files.root} 里没有任何条目，原来的 {served} 条照常提供；"
                "确要清空请执行 kb index --rebuild。"
            )
        with without_garbage_collection():
            self._read_changed(scan, rebuild, damaged, progress)
        self._settle()
        reason = "按要求重建" if rebuild else self._reason_to_rebuild()
        difference, reason = self._catch_up(reason, progress)
        problems = tuple(sorted({*scan.problems, *self._catalog.problems()}))
        return IndexReport(
            articles=self._engine.doc_count(),
            added=len(difference.added),
            changed=len(difference.changed),
            removed=len(difference.removed),
            errors=sum(problem.severity == "error" for problem in problems),
            seconds=round(time.perf_counter() - started, 3),
            rebuilt=reason,
            problems=problems,
        )

    def follow(self, rebuild: bool = False) -> None:
        """Bring the index up to the catalog, which has what was just saved, without a look at the files.

        ``rebuild``: index everything anew.
        """
        self._catch_up("按要求重建" if rebuild else self._reason_to_rebuild(), silent)

    def sync_files(self, paths: Sequence[str]) -> tuple[Problem, ...] | None:
        """Take over what some article files say, without a look at all others; return what is wrong in files.

        Where the catalog has them as they are, only the index follows. None: only a scan tells, for one of ``paths`` is
        new, gone, no article or in a folder that has changed, or there are many. Raises as ``sync`` does.
        """
        if len(paths) > _FEW:
            return None
        known = self._catalog.stats(paths)
        changed: dict[FileStat, Scan] = {}
        for path in paths:
            file = self._files.find(path)
            if file is None or path not in known or path.endswith(f"/{_INDEX}"):
                return None
            if (file.size, file.mtime_ns) != known[path]:
                changed[file] = self._files.scan_above(path)
        if not all(map(self._knows, changed.values())):
            return None
        if changed:
            with without_garbage_collection():
                read = (self._files.read(file, above.folders) for file, above in changed.items())
                self._catalog.apply(filter(self._files.is_current, read), (), self._catalog.parser())
            self._settle()
        self.follow()  # also what the catalog has already: another process may have saved it
        return tuple(self._catalog.problems())

    # --- files → catalog

    def _knows(self, above: Scan) -> bool:
        """Whether the folders of an article are what they were, and nothing is wrong with them."""
        stamps = {file.path: (file.size, file.mtime_ns) for file in above.folder_files}
        wrong = above.problems or any(file.problems for file in above.folder_files)
        return not wrong and self._catalog.stats(stamps) == stamps

    def _scan(self) -> Scan:
        """List the files; a folder whose ``_index.md`` is broken keeps the name that its articles have now."""
        scan = self._files.scan()
        if "" in scan.unreadable:
            reason = next(problem.message for problem in scan.problems)
            raise ArticleError(f"打不开知识目录 {self._files.root}：{reason}")
        if any(problem.severity == "error" for file in scan.folder_files for problem in file.problems):
            articles = [record.article for record in self._catalog.records()]
            known = {article.product.slug: article.product for article in articles}
            known |= {article.scenario_path: article.scenario for article in articles}
            scan = self._files.scan(known)
        return scan

    def _read_changed(self, scan: Scan, everything: bool, damaged: list[str], progress: Progress) -> None:
        """Read what differs, or ``everything``. What is ``damaged`` goes, and comes back if its file is good."""
        parser = self._files.parser
        everything = everything or self._catalog.parser() != parser
        found = [*scan.files, *(FileStat(file.path, file.size, file.mtime_ns) for file in scan.folder_files)]
        found.sort(key=itemgetter(0))
        before = self._catalog.files()
        if before == found and not damaged and not everything:
            return
        stamps, known = _stamps(found), _stamps(before)
        for path in damaged:
            known.pop(path, None)
        folders = _changed_folders(scan, known)
        stale = [
            file
            for file in scan.files
            if everything or known.get(file.path) != stamps[file.path] or file.path.startswith(folders)
        ]
        removed = damaged + [path for path in known if path not in stamps and not scan.may_hide(path)]
        if stale or removed or folders or everything:
            gone = {path: known.get(path) for path in removed}
            self._take_over(scan, progress(stale, len(stale), "读取知识文件"), gone, damaged, parser)

    def _take_over(
        self, scan: Scan, stale: Iterable[FileStat], gone: Mapping[str, Stamp], damaged: list[str], parser: str
    ) -> None:
        """Let the catalog say what the ``stale`` files say; what is ``gone`` had these stamps when it was there."""
        with spooled(self._files.read(file, scan.folders) for file in stale) as read:
            # Somebody may have saved meanwhile, and the catalog has that already.
            current = (file for file in chain(scan.folder_files, read) if self._files.is_current(file))
            removed = (path for path in gone if path in damaged or self._files.is_gone(path, gone[path]))
            self._catalog.apply(current, removed, parser)

    def _settle(self) -> None:
        if completed := self._history.settle(self._now()):
            log.warning("上次中断的 %d 条审核结论已补记。", completed)

    # --- catalog → index

    def _reason_to_rebuild(self) -> str | None:
        try:
            fingerprint = self._engine.fingerprint()
            if fingerprint == self._fingerprint:
                self._engine.generation()  # opens it: files of another format need not be readable
        except IndexCorrupt as error:
            return str(error)
        if fingerprint is None:
            return "首次建立索引"
        if fingerprint != self._fingerprint:
            return f"索引格式或依赖已变化（{fingerprint} → {self._fingerprint}）"
        return None

    def _state(self, version: int) -> str:
        """What an index that is up to date with catalog ``version`` looks like from outside."""
        return f"{version} {self._engine.generation()} {self._fingerprint}"

    def _catch_up(self, reason: str | None, progress: Progress) -> tuple[_Difference, str | None]:
        """Bring the index up to the catalog if it is behind or there is a ``reason`` to rebuild it.

        Returns what differed, and why it was rebuilt (None: it was not).
        """
        with self._turn:
            taken = self._catalog.version()  # before the articles are read: a later edit by others is then still to do
            if not reason and self._catalog.indexed() == self._state(taken):
                return _Difference.between({}, {}), None
            done = self._bring_up(reason, progress)
            self._catalog.mark_indexed(self._state(taken))
            return done

    def _bring_up(self, reason: str | None, progress: Progress) -> tuple[_Difference, str | None]:
        """Make the index equal to the catalog; return what differed, and why it was rebuilt (None: it was not)."""
        self._may_write()
        present: dict[str, str] = {}
        try:
            present = self._engine.revisions()
            if reason is None:
                wanted = self._catalog.index_revisions()
                difference = _Difference.between(present, wanted)
                if len(difference) <= _REBUILD_SHARE * max(len(wanted), 100):
                    self._update(difference, progress)
                    return difference, None
                reason = f"有 {len(difference)} 处变化，整体重建更快"
        except (IndexCorrupt, IndexMissing) as error:
            reason = reason or str(error)
        log.warning("重建索引：%s", reason)
        return _Difference.between(present, self._rebuild(progress)), reason

    def _rebuild(self, progress: Progress) -> dict[str, str]:
        """Index every published article into a new generation; return their revisions."""
        indexed: dict[str, str] = {}

        def documents() -> Iterator[IndexDocument]:
            count = len(self._catalog.index_revisions())
            for record in progress(self._published(), count, "建立索引"):
                document = _document(record)
                indexed[document.id] = document.revision
                yield document

        self._engine.rebuild(documents(), self._fingerprint)
        return indexed

    def _update(self, difference: _Difference, progress: Progress) -> None:
        if not difference:
            return
        renewed = sorted(difference.added | difference.changed)
        records = self._catalog.get_many(renewed)
        with self._engine.batch() as batch:
            for article_id in difference.removed:
                batch.delete(article_id)
            for record in progress(records.values(), len(records), "更新索引"):
                batch.put(_document(record))

    def _published(self) -> Iterator[ArticleRecord]:
        return (record for record in self._catalog.records() if record.article.status == "published")


def _document(record: ArticleRecord) -> IndexDocument:
    return index_document(record.article, record.index_revision)


def _stamps(files: Iterable[tuple[str, int, int]]) -> dict[str, tuple[int, int]]:
    """path -> (size, mtime_ns)"""
    return {path: (size, mtime_ns) for path, size, mtime_ns in files}


def _changed_folders(scan: Scan, known: dict[str, tuple[int, int]]) -> tuple[str, ...]:
    """The folders (with ``/``) whose ``_index.md`` is new, changed or gone: all below inherits from it."""
    now = {file.path: (file.size, file.mtime_ns) for file in scan.folder_files}
    before = {path: stamp for path, stamp in known.items() if path.endswith(f"/{_INDEX}")}
    return tuple(path.removesuffix(_INDEX) for path in now.keys() | before.keys() if now.get(path) != before.get(path))
