"""Several files changed as one: all of it or nothing, also when the process is killed halfway.

New versions are written aside, below the articles folder so that a rename puts each in place. The files they replace
are copied to ``home``, then the journal is written there: from that moment on the change is decided, and whoever comes
next completes it; before, it is dropped. What is needed to take the change back stays in ``home/last``. ::

    root/.import/…        new versions, gone when done
    home/pending/         a change that is under way: journal, old/… (replaced files)
    home/last/            the last change that was completed, the same files
    home/lock             held while a change is under way
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import TracebackType

from filelock import FileLock, Timeout

from kb.content.documents import revision_of
from kb.errors import BulkImportError

log = logging.getLogger(__name__)

_STAGE = ".import"  # hidden, so that no scan looks in
_JOURNAL = "journal.json"


@dataclass(frozen=True, slots=True)
class Change:
    """One file: the revision it had and the one it gets, ``""`` for no file. ``path``: POSIX, relative to the root."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Journal:
    """A change that is decided. ``made``: the folders it makes; ``drop``: those it removes if they are empty then.

    ``undoable``: whether it is kept as the last change, otherwise the last one is forgotten. ``at``: local time.
    """

    at: str
    changes: tuple[Change, ...]
    made: tuple[str, ...]
    drop: tuple[str, ...]
    undoable: bool

    @classmethod
    def load(cls, folder: Path) -> Journal | None:
        """The journal in ``folder``; None when there is none."""
        try:
            values = json.loads((folder / _JOURNAL).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(**{**values, "changes": tuple(Change(**change) for change in values["changes"])})

    def save(self, folder: Path) -> None:
        """Write the journal in one step, durably."""
        temporary = folder / f"{_JOURNAL}.tmp"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, folder / _JOURNAL)


class Transaction:
    """A change of files below ``root``; leaving the ``with`` block without ``publish`` drops it.

    Entering raises BulkImportError while another one is under way; everything may raise OSError.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self._root, self._home = root, home
        self._stage, self._pending = root / _STAGE, home / "pending"
        self._changes: list[Change] = []

    def __enter__(self) -> Transaction:
        self._home.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._home / "lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise BulkImportError("另一个导入正在进行，没有开始；请等它结束后重试。") from None
        try:
            _settle(self._root, self._home)
            shutil.rmtree(self._stage, ignore_errors=True)  # of a run with another data folder
            self._pending.mkdir()
            self._stage.mkdir(parents=True)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not (self._pending / _JOURNAL).exists():
                _drop(self._root, self._home)
        finally:
            self._lock.release()

    def put(self, path: str, data: bytes, before: str = "") -> None:
        """Let ``data`` be the next content of a file whose revision is ``before``; ``""``: the file is new."""
        aside = self._stage / path
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(data)
        self._changes.append(Change(path, before, revision_of(data)))

    def remove(self, path: str, before: str) -> None:
        """Let the file, whose revision is ``before``, be gone."""
        self._changes.append(Change(path, before, ""))

    def publish(self, undoable: bool = True, drop: Iterable[str] = ()) -> None:
        """Make the change; ``drop``: folders to remove if that leaves them empty.

        Raises BulkImportError, and changes nothing, when a file is no longer what it was.
        """
        for change in self._changes:
            if _revision(self._root / change.path) != change.before:
                raise BulkImportError(f"{change.path} 刚刚被别人改过，没有写入任何内容；请重新执行一次。")
            if change.before:
                _copy(self._root / change.path, self._pending / "old" / change.path)
        changes = sorted(self._changes, key=lambda change: (not change.path.endswith("/_index.md"), change.path))
        made = _missing_folders(self._root, (change.path for change in changes if not change.before))
        _sync()
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        Journal(now, tuple(changes), made, tuple(drop), undoable).save(self._pending)
        _settle(self._root, self._home)


@contextmanager
def _alone(home: Path) -> Iterator[bool]:
    """Hold the lock; False when somebody else does."""
    lock = FileLock(home / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def recover(root: Path, home: Path) -> None:
    """Complete or drop what a killed process left behind; does nothing while one is at work. Raises OSError."""
    if (home / "pending").exists():
        with _alone(home) as alone:
            if alone:
                _settle(root, home)


def last_change(home: Path) -> Journal | None:
    """The change that can be taken back."""
    return Journal.load(home / "last")


def undo(root: Path, home: Path) -> Journal:
    """Take the last change back and return it.

    Raises BulkImportError, and changes nothing, when there is none or a file has been edited since.
    """
    with Transaction(root, home) as transaction:
        journal = last_change(home)
        if journal is None:
            raise BulkImportError("没有可以撤销的导入：还没有导入过，或上一次已经撤销。")
        edited = [change.path for change in journal.changes if _revision(root / change.path) != change.after]
        if edited:
            shown = "、".join(edited[:5]) + (f" 等 {len(edited)} 个文件" if len(edited) > 5 else "")
            raise BulkImportError(f"{shown} 在导入之后又改过，没有撤销任何内容；请手工处理，或用 git、备份恢复。")
        for change in journal.changes:
            if change.before:
                transaction.put(change.path, (home / "last" / "old" / change.path).read_bytes(), change.after)
            else:
                transaction.remove(change.path, change.after)
        transaction.publish(undoable=False, drop=journal.made)
    return journal


def _settle(root: Path, home: Path) -> None:
    """Complete the pending change if it was decided, drop it if not."""
    pending = home / "pending"
    journal = Journal.load(pending)
    if journal is None:
        _drop(root, home)
        return
    for change in journal.changes:
        _apply(root, change)
    for folder in sorted(journal.drop, reverse=True):
        with suppress(OSError):  # not empty, or gone
            (root / folder).rmdir()
    _sync()
    shutil.rmtree(root / _STAGE, ignore_errors=True)
    shutil.rmtree(home / "last", ignore_errors=True)
    if journal.undoable:
        os.replace(pending, home / "last")
    else:
        shutil.rmtree(pending)


def _drop(root: Path, home: Path) -> None:
    if (home / "pending").exists():
        shutil.rmtree(root / _STAGE, ignore_errors=True)
        shutil.rmtree(home / "pending")


def _apply(root: Path, change: Change) -> None:
    """Put one file into place, once; a file that somebody edited after a crash keeps the edit."""
    staged, target = root / _STAGE / change.path, (root / change.path).resolve()  # a link keeps pointing where it did
    present = _revision(target)
    if not staged.exists() if change.after else not present:
        return  # done before the crash
    if present != change.before:
        log.warning("%s 在中断的导入之后又改过，保留现在的内容。", change.path)
        return
    if not change.after:
        (root / change.path).unlink()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if change.before:
        shutil.copymode(target, staged)
    os.replace(staged, target)


def _revision(path: Path) -> str:
    """The revision of a file, ``""`` when there is none."""
    try:
        return revision_of(path.read_bytes())
    except FileNotFoundError:
        return ""


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _missing_folders(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """The folders above ``paths`` that are not there yet."""
    above = {str(parent) for path in paths for parent in PurePosixPath(path).parents if str(parent) != "."}
    return tuple(sorted(folder for folder in above if not (root / folder).is_dir()))


def _sync() -> None:
    if hasattr(os, "sync"):
        os.sync()
