"""The SearchEngine adapter on tantivy: it builds faster and takes less memory and disk, but has to be installed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from kb.engines.damage import damage_is_corruption
from kb.engines.embedded import EmbeddedEngine
from kb.engines.tantivy_index import FOLDER, FORMAT_VERSION, TantivyIndex
from kb.engines.view import View
from kb.ports.engine import IndexDocument


class TantivyEngine(EmbeddedEngine):
    """See ``EmbeddedEngine``. A generation's files lie in a folder of their own: one is called like ours."""

    name = library = "tantivy"
    format = FORMAT_VERSION

    def _open(self, path: Path) -> View:
        return View.latest(path, TantivyIndex(path / FOLDER))

    def _write(self, path: Path, documents: Iterator[IndexDocument], deleted_ids: Collection[str]) -> None:
        with damage_is_corruption():
            TantivyIndex.change(path / FOLDER, documents, deleted_ids)

    def _build(self, path: Path, documents: Iterable[IndexDocument]) -> None:
        (path / FOLDER).mkdir()
        TantivyIndex.create(path / FOLDER, documents)
