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
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from kb.engines.whoosh_index import WhooshIndex
from kb.errors import EngineError
from kb.garbage import without_garbage_collection
from kb.ports.engine import SCORED_FIELDS, IndexDocument

#: Below this the second process costs more than it saves.
_WORTH_HELP = 1500
_BUNDLE = 200


def prepare(document: IndexDocument) -> dict[str, Any]:
    """A document as ``WhooshIndex.write`` takes it; the expensive part of building."""
    texts = document.analyzed()
    tokens: dict[str, Mapping[str, int]] = {
        name: Counter(token for part in parts for token in texts[part].tokens) for name, parts in SCORED_FIELDS.items()
    }
    tokens.update({name: dict.fromkeys(values, 1) for name, values in document.keywords.items()})
    tokens["id"] = {document.id: 1}
    stored = {
        name: (text.text, None if text.folded == text.text else text.folded, text.offsets)
        for name, text in texts.items()
    }
    return {"tokens": tokens, "identity": (document.id, document.revision), "stored": stored}


class Build:
    """One new index at ``path``, an existing empty directory. ``first`` and ``count`` tell what went in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[str] = set()
        self.first: IndexDocument | None = None

    @property
    def count(self) -> int:
        """How many documents were written."""
        return len(self._seen)

    def run(self, documents: Iterable[IndexDocument]) -> None:
        """Write all of them. Raises EngineError for an id that comes twice, or when the helper fails."""
        checked = self._checked(documents)
        start = list(islice(checked, _WORTH_HELP))
        index = WhooshIndex.create(self._path)
        try:
            with without_garbage_collection():
                self._write(index, start, checked)
        finally:
            index.close()

    def _write(self, index: WhooshIndex, start: list[IndexDocument], rest: Iterator[IndexDocument]) -> None:
        if len(start) < _WORTH_HELP or (os.cpu_count() or 1) < 2:
            index.write(map(prepare, chain(start, rest)))
            return
        with _Helper(self._path / "helper") as helper:
            index.write(self._shared_out(chain(start, rest), helper), adopt=helper.finished)

    def _shared_out(self, documents: Iterator[IndexDocument], helper: _Helper) -> Iterator[dict[str, Any]]:
        """Give a bundle to the helper whenever it is idle; the rest is for us."""
        while bundle := list(islice(documents, _BUNDLE)):
            if helper.is_idle():
                helper.give(bundle)
            else:
                yield from map(prepare, bundle)

    def _checked(self, documents: Iterable[IndexDocument]) -> Iterator[IndexDocument]:
        for document in documents:
            if document.id in self._seen:
                raise EngineError(f"编号 {document.id} 在同一次重建中出现了两次。")
            self._seen.add(document.id)
            self.first = self.first or document
            yield document


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
