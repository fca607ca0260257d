"""Several files written as one change: nothing is in place before all of them are complete on disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

_PREFIX = ".import-"  # hidden, so that no scan looks in


class Staging:
    """New versions of files below ``root``, kept aside until ``publish``; leaving the ``with`` block drops the rest.

    Entering removes what a killed run left behind, so only one may be at work at a time. Raises OSError.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._paths: list[str] = []

    def __enter__(self) -> Staging:
        self._root.mkdir(parents=True, exist_ok=True)
        for leftover in self._root.glob(f"{_PREFIX}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._root))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, path: str, data: bytes) -> None:
        """Keep ``data`` as the next content of the file ``path`` (POSIX, relative to the root)."""
        aside = self._folder / path
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(data)
        self._paths.append(path)

    def publish(self) -> None:
        """Move every file into place, each in one step and those of folders first.

        A crash halfway leaves some files new and the others as they were, never a broken one.
        """
        if hasattr(os, "sync"):
            os.sync()
        for path in sorted(self._paths, key=lambda path: (not path.endswith("/_index.md"), path)):
            target = self._root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                shutil.copymode(target, self._folder / path)
            os.replace(self._folder / path, target)
        self._paths.clear()
