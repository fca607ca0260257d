"""Editing the dictionaries, which change everybody's searches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kb.content.dictionary_files import DictionaryFile
from kb.editing.dictionary_editor import Preview, Query
from kb.model import Caller, Problem, Right
from kb.ports.history import Revision
from kb.rules.access import require
from kb.system import System


class DictionariesDesk:
    """Everything needs the right to edit dictionaries."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def files(self) -> list[DictionaryFile]:
        """The dictionaries as they are."""
        self._require()
        return self._system.editing.dictionaries.files()

    def problems(self, texts: Mapping[str, str]) -> tuple[Problem, ...]:
        """See ``DictionaryEditor.problems``."""
        self._require()
        return self._system.editing.dictionaries.problems(texts)

    def preview(self, texts: Mapping[str, str]) -> Preview:
        """Which of the queries asked lately, and of the titles, would find something else."""
        self._require()
        searcher = self._system.snapshots.current().searcher
        return self._system.editing.dictionaries.preview(texts, searcher, self._queries())

    def save(self, texts: Mapping[str, str], expected: Mapping[str, str], note: str = "") -> list[str]:
        """See ``DictionaryEditor.save``."""
        self._require()
        changed = self._system.editing.dictionaries.save(self._caller, texts, expected, note)
        for name in changed:
            self._system.access.audit.record(self._caller, "dictionary.save", name)
        return changed

    def revisions(self) -> list[Revision]:
        """See ``DictionaryEditor.revisions``."""
        self._require()
        return self._system.editing.dictionaries.revisions()

    def former(self, number: int) -> tuple[str, str]:
        """See ``DictionaryEditor.former``."""
        self._require()
        return self._system.editing.dictionaries.former(number)

    def _queries(self) -> Iterator[Query]:
        yield from self._system.activity.habits()[1]
        for product in self._system.snapshots.current().tree():
            for scenario in product.scenarios:
                yield from ((record.article.title, 0) for record, _ in scenario.articles)

    def _require(self) -> None:
        require(self._caller, Right.EDIT_DICTIONARIES)
