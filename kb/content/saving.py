"""The one place that changes single article files: by one writer at a time, only what the writer has seen, for good.

A change is intended in the history, made in the file, taken over by the catalog, confirmed in the history, in this
order and under the lock that imports hold too. A kill in between leaves the file as it was or as it should be, never
torn, and the next scan completes the rest (``kb.ports.history``).
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from kb.content.fields import text
from kb.content.files import read_file
from kb.content.git_history import GitHistory
from kb.content.image_files import copy_images
from kb.content.places import check_path
from kb.content.reader import ArticleFiles
from kb.content.scanning import INDEX_NAME
from kb.content.transaction import LOCK_NAME
from kb.content.writer import render_document
from kb.errors import ArticleError, EditConflict, EditError, SaveFailed, StoreError
from kb.ports.catalog import Catalog, FileVersion
from kb.ports.history import Content, Edit, History
from kb.replacing import replacing, sweep, sync_folder

log = logging.getLogger(__name__)

#: seconds to wait for other writers; a save takes some hundredths, an import may take minutes
WAIT = 10.0
_POLL = 0.01

Titles = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """What is in a file before it is changed; all empty for no file."""

    content: Content
    mtime_ns: int = 0
    is_article: bool = True


class ArticleSaver:
    """Thread-safe; processes exclude each other by a lock file.

    ``expected`` is the revision of the file that the caller has seen, ``""`` for none. Everything raises EditConflict
    when the file is not that any more, EditError for what can't be, SaveFailed, StoreError.
    """

    def __init__(
        self,
        files: ArticleFiles,
        catalog: Catalog,
        history: History,
        wait: float = WAIT,
        commits: GitHistory | None = None,
    ) -> None:
        self._files, self._catalog, self._history, self._wait = files, catalog, history, wait
        self._commits = commits
        self._root = files.root
        self._turn = threading.Lock()

    def save(self, version: FileVersion, expected: str, edit: Edit, titles: Titles | None = None) -> None:
        """Let its file say what ``version``, judged to be an article, says.

        ``titles``: of the product and scenario folders (by path) to make for it. If the file said another id, that is
        that article's end.
        """
        content = _content(version)
        with self._alone():
            found = self._found(version.path, expected, content.article_id)
            former = found.content.article_id
            if content.article_id != former:
                self._check_free(content.article_id, former)
            ended = [Content(former, version.path)] if former not in ("", content.article_id) else []
            self._make_folders(version.path, titles or {})
            place = (self._root / version.path).resolve()  # a link keeps pointing where it did
            data = version.source.encode()
            self._change(edit, [*ended, content], found, lambda: _write(place, data), version)
            self._commit(edit, version.path, {version.path: data}, titles)

    def move(self, version: FileVersion, path: str, expected: str, edit: Edit, titles: Titles | None = None) -> None:
        """Let the file ``path`` be ``version.path``; it says the same as before, and its pictures come along."""
        content = _content(version)
        source, target = self._root / path, self._root / version.path
        with self._alone():
            found = self._found(path, expected, content.article_id)
            check_path(self._root, version.path)
            if source.is_symlink():
                raise EditError(f"{path} 是链接，不能在这里移动；请在文件夹里移动，或换成文件本身。")
            if target.exists():
                raise EditConflict(f"{version.path} 已经存在，没有移动；请换一个位置。")
            self._make_folders(version.path, titles or {})
            copy_images(self._root, version.source, path.rpartition("/")[0], version.path.rpartition("/")[0])

            def rename() -> int:
                os.rename(source, target)
                sync_folder(target.parent)
                sync_folder(source.parent)
                return found.mtime_ns

            self._change(edit, [content], found, rename, version, path)
            self._commit(edit, version.path, {path: None, version.path: version.source.encode()}, titles)

    def remove(self, path: str, article_id: str, expected: str, edit: Edit) -> None:
        """Let the file be gone; what it said stays in the history."""
        place = self._root / path
        with self._alone():
            found = self._found(path, expected, article_id)

            def unlink() -> int:
                place.unlink()
                sync_folder(place.parent)
                return 0

            self._change(edit, [Content(article_id, path)], found, unlink, gone=path)
            self._commit(edit, path, {path: None})

    # --- inside

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock. What the operating system refuses within is SaveFailed."""
        if not self._turn.acquire(timeout=self._wait):
            raise SaveFailed("同时保存的人太多，没有保存；请稍后重试。")
        lock = FileLock(self._root / LOCK_NAME)
        try:
            lock.acquire(timeout=self._wait, poll_interval=_POLL)
            yield
        except Timeout:
            raise SaveFailed("正在导入知识，或有别的程序在保存，没有保存；请稍后重试。") from None
        except OSError as error:
            raise SaveFailed(f"没有保存：写不了知识文件（{error.strerror or error}）；请检查磁盘和权限。") from error
        finally:
            lock.release()
            self._turn.release()

    def _found(self, path: str, expected: str, article_id: str) -> _Found:
        """What the file says (if it doesn't tell, of ``article_id``). Raises EditConflict if it is not ``expected``."""
        check_path(self._root, path)
        try:
            mtime_ns = (self._root / path).stat().st_mtime_ns
            data = read_file(self._root, path)
        except FileNotFoundError:
            if expected:
                raise EditConflict(f"{path} 刚被移走或删除，没有保存；请重新打开这条知识。") from None
            return _Found(Content("", path))
        except ArticleError as error:
            raise EditError(f"没有保存：{path} {error}") from error
        now = self._files.judge(path, data, {})
        if now.revision != expected:
            said = "在你打开之后又改过" if expected else "已经存在"
            raise EditConflict(f"{path} {said}，没有保存；请对照现在的内容再保存。", now.revision)
        if not now.source:
            raise EditError(f"没有保存：{path} 现在的内容不是 UTF-8 文本，无法留底；请先在文件夹里处理这个文件。")
        article_id = now.article.id if now.article else article_id
        return _Found(Content(article_id, path, now.revision, now.source), mtime_ns, now.article is not None)

    def _check_free(self, article_id: str, former: str) -> None:
        """Raises EditConflict when another article than ``former`` has, or had, this id."""
        record = self._catalog.get(article_id)
        if record is not None and not self._files.is_gone(record.path, None):
            raise EditConflict(f"编号“{article_id}”已用在 {record.path}，没有保存；请换一个编号。", record.revision)
        owner = self._catalog.current_id(article_id)
        if owner not in (None, former):
            raise EditConflict(f"编号“{article_id}”是“{owner}”的旧编号，旧链接还指着它，没有保存；请换一个编号。")

    def _make_folders(self, path: str, titles: Titles) -> None:
        """Make the product and scenario of an article where they are missing; each needs its Chinese name."""
        product, scenario, _ = path.split("/")
        for folder in (product, f"{product}/{scenario}"):
            place = self._root / folder
            if place.is_dir():
                continue
            if folder not in titles:
                raise EditError(f"没有 {folder} 这个{'场景' if '/' in folder else '产品'}；要新建请给出它的中文名称。")
            try:
                title = text(1, 60)(titles[folder].strip())
            except ValueError as error:
                raise EditError(f"{folder} 的中文名称{error}") from None
            place.mkdir()
            sync_folder(place.parent)
            _write(place / INDEX_NAME, render_document({"title": title}).encode())

    def _commit(self, edit: Edit, path: str, files: Mapping[str, bytes | None], titles: Titles | None = None) -> None:
        """Commit what was just saved, with the folders made for it; under the lock, so that commits keep order."""
        if self._commits is not None:
            indexes = [f"{folder}/{INDEX_NAME}" for folder in titles or {}]
            made = {name: (self._root / name).read_bytes() for name in indexes if (self._root / name).exists()}
            real = {_real(self._root, name): data for name, data in {**made, **files}.items()}
            self._commits.commit(edit, f"{edit.action} {path}", real)

    def _change(
        self,
        edit: Edit,
        contents: Sequence[Content],
        found: _Found,
        make: Callable[[], int],
        version: FileVersion | None = None,
        gone: str = "",
    ) -> None:
        """Intend, make, take over and confirm a change; ``make`` returns the ``mtime_ns`` of the file it leaves."""
        by_hand = Edit(edit.at, "", "file", "publish" if found.is_article else "broken")
        kept = (by_hand, found.content) if found.content.revision else None
        numbers = self._history.intend(edit, contents, kept)
        mtime_ns = make()
        try:
            taken = [replace(version, mtime_ns=mtime_ns)] if version else []
            self._catalog.apply(taken, [gone] if gone else [], self._catalog.parser())
            self._history.confirm(numbers)
        except StoreError as error:
            log.warning("%s 已经写好，但数据库没有跟上，下一次检查文件时会补上：%s", found.content.path, error)


def _content(version: FileVersion) -> Content:
    if version.article is None:
        raise ValueError(f"{version.path} was not judged to be an article")
    return Content(version.article.id, version.path, version.revision, version.source)


def _real(root: Path, path: str) -> str:
    """Where a path leads, links followed, as seen from the root."""
    return (root / path).resolve().relative_to(root.resolve()).as_posix()


def _write(place: Path, data: bytes) -> int:
    """Replace or make a file in one step, durably; returns its ``mtime_ns``, which always grows.

    Temporary files of killed writers go: whoever calls holds the lock.
    """
    sweep(place)
    with replacing(place) as temporary:
        temporary.write_bytes(data)
        written = temporary.stat()
        mtime_ns = written.st_mtime_ns
        if place.exists():
            shutil.copymode(place, temporary)
            mtime_ns = max(mtime_ns, place.stat().st_mtime_ns + 1)
            os.utime(temporary, ns=(written.st_atime_ns, mtime_ns))
    return mtime_ns
