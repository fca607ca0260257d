"""Generations of an index on disk: built aside, swapped by a pointer file, the previous one kept.

::

    <root>/CURRENT            name of the generation that serves
    <root>/LOCK               held by the one writer
    <root>/000007-k3f9/       a generation: the engine's files and meta.json

A process killed at any moment leaves either the old pointer or the new one, never half of one; what it
was building is swept by the next writer.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kb.errors import EngineError, IndexCorrupt, IndexLocked, IndexMissing
from kb.replacing import replacing, sweep

_POINTER = "CURRENT"
_META = "meta.json"


def write_durably(path: Path, text: str) -> None:
    """Replace a small file, of which there is one writer, in one step."""
    sweep(path)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


class Generations:
    """The generations below ``root``; ``lock_timeout`` is in seconds."""

    def __init__(self, root: Path, lock_timeout: float) -> None:
        self.root = root
        self._lock_timeout = lock_timeout

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer; IndexLocked when another process stays it for longer than the timeout."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with FileLock(self.root / "LOCK", timeout=self._lock_timeout):
                yield
        except Timeout:
            raise IndexLocked(
                f"索引正被另一个进程写入，等了 {self._lock_timeout:g} 秒仍未释放。"
                "请等它结束后重试；若确认没有其他 kb 进程，重新执行即可（锁会随进程退出自动释放）。"
            ) from None

    def current(self) -> Path:
        """The directory that serves; IndexMissing before the first build, IndexCorrupt when it is gone."""
        try:
            name = (self.root / _POINTER).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise IndexMissing("还没有建立索引，请先执行 kb index。") from None
        except (OSError, UnicodeDecodeError) as error:
            raise IndexCorrupt(f"索引指针文件读不出来（{error}），请执行 kb index --rebuild。") from error
        path = self.root / name
        if not name or path.parent != self.root or not path.is_dir():
            raise IndexCorrupt(f"索引目录 {name!r} 不存在，请执行 kb index --rebuild。")
        return path

    def create(self) -> Path:
        """A new empty directory, later than all others by name. Call within ``writing()``."""
        self._sweep()
        numbers = [int(path.name.split("-")[0]) for path in self._all()]
        path = self.root / f"{max(numbers, default=0) + 1:06d}-{secrets.token_hex(2)}"
        path.mkdir(mode=0o700)
        return path

    def publish(self, path: Path, meta: dict[str, str]) -> None:
        """Make ``path`` the one that serves. Call within ``writing()``."""
        previous = self._current_or_none()
        write_durably(path / _META, json.dumps({**meta, "previous": previous.name if previous else ""}))
        write_durably(self.root / _POINTER, path.name)
        self._sweep()

    def roll_back(self, engine: str) -> Path:
        """Point back at the generation that served before, if ``engine`` built it. Call within ``writing()``."""
        previous = self.root / self.meta(self.current()).get("previous", "")
        if previous == self.root or not (previous / _META).is_file() or self.meta(previous).get("engine") != engine:
            raise IndexMissing("没有可以退回的上一代索引。")
        write_durably(self.root / _POINTER, previous.name)
        return previous

    def discard(self, path: Path) -> None:
        """Remove a generation that failed."""
        shutil.rmtree(path, ignore_errors=True)

    def meta(self, path: Path) -> dict[str, str]:
        """What ``publish`` recorded; IndexCorrupt when it can't be read."""
        try:
            meta = json.loads((path / _META).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise IndexCorrupt(f"索引说明文件损坏（{error}），请执行 kb index --rebuild。") from error
        if not isinstance(meta, dict) or not all(isinstance(value, str) for value in meta.values()):
            raise IndexCorrupt("索引说明文件内容不对，请执行 kb index --rebuild。")
        return meta

    def _current_or_none(self) -> Path | None:
        try:
            return self.current()
        except EngineError:
            return None

    def _all(self) -> list[Path]:
        return sorted(path for path in self.root.iterdir() if path.is_dir() and path.name[:6].isdigit())

    def _sweep(self) -> None:
        """Remove what neither serves nor served just before."""
        current = self._current_or_none()
        if current is None:
            return
        keep = {current.name, self._previous_name(current)}
        for path in self._all():
            if path.name not in keep:
                self.discard(path)

    def _previous_name(self, current: Path) -> str:
        try:
            return self.meta(current).get("previous", "")
        except IndexCorrupt:
            return ""
