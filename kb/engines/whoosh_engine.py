"""The SearchEngine adapter on Whoosh: the default, pure Python, nothing to install besides it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from kb.engines.damage import damage_is_corruption
from kb.engines.embedded import EmbeddedEngine
from kb.engines.preparing import prepare
from kb.engines.view import View
from kb.engines.whoosh_build import build
from kb.engines.whoosh_index import FORMAT_VERSION, WhooshIndex
from kb.ports.engine import IndexDocument


class WhooshEngine(EmbeddedEngine):
    """See ``EmbeddedEngine``."""

    name = library = "whoosh"
    format = FORMAT_VERSION

    def _open(self, path: Path) -> View:
        return View.latest(path, WhooshIndex(path))

    def _write(self, path: Path, documents: Iterator[IndexDocument], deleted_ids: Collection[str]) -> None:
        with damage_is_corruption():
            index = WhooshIndex(path)
        index.write(map(prepare, documents), deleted_ids)
        index.close()

    def _build(self, path: Path, documents: Iterable[IndexDocument]) -> None:
        build(path, documents)
