"""Filling a new Whoosh index with many documents, on two cores where there are many.

A helper process takes bundles of documents whenever it has nothing to do and writes them into an index of its own;
the parent writes the others meanwhile and in the end adopts the helper's segment. The helper is a plain subprocess
of this module: it works however the parent was started, and dies with it.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from kb.engines.preparing import prepare
from kb.engines.whoosh_index import WhooshIndex
from kb.errors import EngineError
from kb.garbage import without_garbage_collection
from kb.ports.engine import IndexDocument

#: Below this the second process costs more than it saves.
_WORTH_HELP = 1500
_BUNDLE = 200


def build(path: Path, documents: Iterable[IndexDocument]) -> None:
    """Write all of them into a new index at ``path``, an existing empty directory. EngineError: the helper failed."""
    rest = iter(documents)
    start = list(islice(rest, _WORTH_HELP))
    index = WhooshIndex.create(path)
    try:
        with without_garbage_collection():
            if len(start) < _WORTH_HELP or (os.cpu_count() or 1) < 2:
                index.write(map(prepare, chain(start, rest)))
            else:
                with _Helper(path / "helper") as helper:
                    index.write(_shared_out(chain(start, rest), helper), adopt=helper.finished)
    finally:
        index.close()


def _shared_out(documents: Iterator[IndexDocument], helper: _Helper) -> Iterator[dict[str, Any]]:
    """Give a bundle to the helper whenever it is idle; the rest is for us."""
    while bundle := list(islice(documents, _BUNDLE)):
        if helper.is_idle():
            helper.give(bundle)
        else:
            yield from map(prepare, bundle)


class _Helper:
    """The parent's end of the helper process, which writes an index at ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir()
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-W", "ignore", "-m", __name__, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert self._process.stdin is not None  # noqa: S101  # asked for above
        assert self._process.stdout is not None  # noqa: S101  # likewise
        self._bundles, self._wishes = self._process.stdin, self._process.stdout
        self._idle = threading.Semaphore(0)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> _Helper:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._listener.join()
        with suppress(OSError):  # what was still to be sent interests nobody any more
            self._bundles.close()
        self._wishes.close()
        self._process.wait()

    def _listen(self) -> None:
        while self._wishes.read(1):
            self._idle.release()

    def is_idle(self) -> bool:
        """Whether it has said that it wants more, once per bundle."""
        return self._idle.acquire(blocking=False)

    def give(self, bundle: list[IndexDocument]) -> None:
        try:
            pickle.dump(bundle, self._bundles)
            self._bundles.flush()
        except OSError as error:
            raise EngineError("协助建索引的进程意外退出，可能是内存或磁盘不足；处理后请重新执行 kb index。") from error

    def finished(self) -> Path:
        """Wait until all is written; the path of its index."""
        self._bundles.close()
        self._listener.join()
        if self._process.wait() != 0:
            raise EngineError("协助建索引的进程没有完成，可能是内存或磁盘不足；处理后请重新执行 kb index。")
        return self._path


def help_build(path: Path, bundles: IO[bytes], answers: IO[bytes]) -> None:
    """The helper process: write bundles as they come, one byte back for each one done (and one to begin)."""

    def documents() -> Iterator[dict[str, Any]]:
        while True:
            answers.write(b".")
            answers.flush()
            try:
                bundle = pickle.load(bundles)  # noqa: S301  # from our own parent
            except EOFError:
                return
            yield from map(prepare, bundle)

    index = WhooshIndex.create(path)
    with without_garbage_collection():
        index.write(documents())
    index.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent; without it our input ends
    help_build(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
