"""Several files changed as one: all of it or nothing, also when the process is killed halfway.

New versions are written aside, below the articles folder so that a rename puts each in place. The files they replace
are copied to ``home``, then the journal is written there: from that moment on the change is decided, and whoever comes
next completes it; before, it is dropped. Where a file can't be put in place while the process lives, the journal is
turned ``back`` and everything is restored. What is needed to take the change back stays in ``home/last``. ::

    root/.import.lock     held while a change is under way, whatever its home; stays, empty
    root/.import/<home>/  new versions, gone when done; named after the home, for several may share the articles
    home/pending/         a change that is under way: journal, old/… (replaced files)
    home/last/            the last change that was completed, the same files
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import NoReturn

from filelock import FileLock, Timeout

from kb.content.documents import revision_of
from kb.content.journal import JOURNAL_NAME, Change, Journal
from kb.errors import BulkImportError

log = logging.getLogger(__name__)

_STAGE, LOCK_NAME = ".import", ".import.lock"  # hidden, so that no scan looks in
_WAIT = 2.0  # seconds: as long as saving a single article may take


class Transaction:
    """A change of files below ``root``; leaving the ``with`` block without ``publish`` drops it.

    Entering raises BulkImportError while another one is under way; everything may raise OSError.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self._root, self._home = root, home
        self._stage, self._pending = _stage_of(root, home), home / "pending"
        self._changes: list[Change] = []

    def __enter__(self) -> Transaction:
        self._home.mkdir(parents=True, exist_ok=True)
        self._root.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._root / LOCK_NAME)
        try:
            self._lock.acquire(timeout=_WAIT)
        except Timeout:
            raise BulkImportError("另一个导入正在进行，没有开始；请等它结束后重试。") from None
        try:
            _settle(self._root, self._home)
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
            if not (self._pending / JOURNAL_NAME).exists():
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

        Raises BulkImportError, and changes nothing, when a file is no longer what it was or can't be put in place.
        """
        for change in self._changes:
            self._check(change)
            if change.before:
                _copy(self._root / change.path, self._pending / "old" / change.path)
        changes = sorted(self._changes, key=lambda change: (not change.path.endswith("/_index.md"), change.path))
        made = _missing_folders(self._root, (change.path for change in changes if not change.before))
        _sync()
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        journal = Journal(now, tuple(changes), made, tuple(drop), undoable)
        journal.save(self._pending)
        try:
            skipped = _complete(self._root, self._home, journal, partly=False)
        except OSError as error:
            self._give_up(journal, f"写不了 {error.filename2 or error.filename}（{error.strerror}）")
        if skipped:
            self._give_up(journal, f"{skipped[0]} 刚刚被别人改过")

    def _check(self, change: Change) -> None:
        """Find out before anything is decided what could stop it halfway."""
        if _revision(self._root / change.path) != change.before:
            raise BulkImportError(f"{change.path} 刚刚被别人改过，没有写入任何内容；请重新执行一次。")
        folder = (self._root / change.path).resolve().parent
        while not folder.exists():
            folder = folder.parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise BulkImportError(f"没有权限写 {folder}，没有写入任何内容；请检查权限后再执行一次。")
        if folder.stat().st_dev != self._stage.stat().st_dev:
            raise BulkImportError(f"{folder} 和知识目录不在同一个磁盘上，没有写入任何内容；请放到同一个磁盘。")

    def _give_up(self, journal: Journal, reason: str) -> NoReturn:
        """Restore everything. Raises BulkImportError, saying how that went."""
        try:
            turned = replace(journal, back=True)
            turned.save(self._pending)
            _restore(self._root, self._home, turned)
        except OSError as error:
            log.warning("导入失败后没能还原：%s", error)
            raise BulkImportError(
                f"{reason}，只写了一部分；请检查磁盘和权限，下一次执行 kb 命令时会自动处理完。"
            ) from error
        raise BulkImportError(f"{reason}，已全部还原，没有写入任何内容；请检查后再执行一次。")


@contextmanager
def _alone(root: Path) -> Iterator[bool]:
    """Hold the lock; False when somebody else does."""
    lock = FileLock(root / LOCK_NAME)
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
    """Complete or drop what a killed process left behind; does nothing while one is at work.

    Raises BulkImportError when that isn't possible now; nothing is lost, it can be tried again.
    """
    try:
        if (home / "pending").exists():
            with _alone(root) as alone:
                if alone:
                    _settle(root, home)
    except (OSError, ValueError) as error:
        raise BulkImportError(
            f"上一次导入中断了，现在还不能收尾（{error}）；请检查磁盘和权限，之后会自动再试。"
        ) from error


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
    """Complete the pending change if it was decided, restore everything if it failed, drop it if it never was."""
    journal = Journal.load(home / "pending")
    if journal is None:
        _drop(root, home)
    elif journal.back:
        _restore(root, home, journal)
    else:
        _complete(root, home, journal)


def _complete(root: Path, home: Path, journal: Journal, partly: bool = True) -> list[str]:
    """Put every file into place; returns those that somebody edited, which keep the edit and are not for undo.

    Not ``partly``: stops at the first of them, everything being as it then is.
    """
    skipped = []
    for change in journal.changes:
        if not _apply(root, _stage_of(root, home), change):
            skipped.append(change.path)
            if not partly:
                return skipped
    _remove_empty(root, journal.drop)
    _sync()
    _clear_stage(root, home)
    if skipped:
        done = tuple(change for change in journal.changes if change.path not in skipped)
        journal = replace(journal, changes=done)
        journal.save(home / "pending")
    shutil.rmtree(home / "last", ignore_errors=True)
    if journal.undoable:
        os.replace(home / "pending", home / "last")
    else:
        shutil.rmtree(home / "pending")
    return skipped


def _restore(root: Path, home: Path, journal: Journal) -> None:
    """Undo what has been put into place of a change; what somebody edited since keeps the edit."""
    for change in journal.changes:
        target = (root / change.path).resolve()
        if _revision(target) != change.after:
            continue
        if change.before:
            aside = _stage_of(root, home) / "old" / change.path
            _copy(home / "pending" / "old" / change.path, aside)
            if change.after:
                shutil.copymode(target, aside)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(aside, target)
        else:
            target.unlink(missing_ok=True)
    _remove_empty(root, journal.made)
    _sync()
    _drop(root, home)


def _remove_empty(root: Path, folders: Iterable[str]) -> None:
    for folder in sorted(folders, reverse=True):
        with suppress(OSError):  # not empty, or gone
            (root / folder).rmdir()


def _drop(root: Path, home: Path) -> None:
    if (home / "pending").exists():
        (home / "pending" / JOURNAL_NAME).unlink(missing_ok=True)  # first: without it, what is left is dropped
        _clear_stage(root, home)
        shutil.rmtree(home / "pending")


def _stage_of(root: Path, home: Path) -> Path:
    return root / _STAGE / hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]


def _clear_stage(root: Path, home: Path) -> None:
    shutil.rmtree(_stage_of(root, home), ignore_errors=True)
    with suppress(OSError):  # somebody else's are there
        (root / _STAGE).rmdir()


def _apply(root: Path, stage: Path, change: Change) -> bool:
    """Put one file into place, once; False when somebody edited it meanwhile: it keeps the edit."""
    staged, target = stage / change.path, (root / change.path).resolve()  # a link keeps pointing where it did
    present = _revision(target)
    if present == change.after and not (change.after and staged.exists()):
        return True  # done before a crash
    if present != change.before or (change.after and not staged.exists()):
        log.warning("%s 在导入写入之前又改过，或者待写入的内容不见了；保留现在的内容。", change.path)
        return False
    if not change.after:
        (root / change.path).unlink()
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    if change.before:
        shutil.copymode(target, staged)
    os.replace(staged, target)
    return True


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
