"""Editing the dictionaries: what is wrong in them, which of the queries asked lately a change concerns, saving."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kb.checking.dictionary_preview import ChangedQuery, preview
from kb.content.dictionaries import read_dictionaries
from kb.content.dictionary_files import NAMES, DictionaryFile, DictionaryFiles, path_of
from kb.editing.form import with_newlines_of
from kb.errors import InvalidArticle, QueryError
from kb.model import Caller, Problem
from kb.ports.history import Edit, History, Revision, origin_of
from kb.text.dictionaries import Dictionaries
from kb.usecases.question import Vocabulary
from kb.usecases.searching import Searcher

#: A preview looks at so many queries, the most frequent first; each that is read otherwise is searched twice.
_LOOKED_AT = 600

_MOST_REVISIONS = 20

Query = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do to ``asked`` queries: those that are read otherwise, and ``problems`` in the texts.
    ``times``: how often a query was asked lately, 0 for a title.
    """

    asked: int
    changes: tuple[ChangedQuery, ...]
    times: Mapping[str, int]
    problems: tuple[Problem, ...]


class DictionaryEditor:
    """``vocabulary`` makes the words of the house from dictionaries; ``changed`` is called after every change, so
    that searches follow at once. ``now`` gives an aware datetime.
    """

    def __init__(
        self,
        files: DictionaryFiles,
        history: History,
        vocabulary: Callable[[Dictionaries], Vocabulary],
        now: Callable[[], datetime],
        changed: Callable[[], object],
    ) -> None:
        self._files, self._history, self._vocabulary = files, history, vocabulary
        self._now, self._changed = now, changed

    def files(self) -> list[DictionaryFile]:
        """The dictionaries as they are."""
        return [self._files.read(name) for name in NAMES]

    def problems(self, texts: Mapping[str, str]) -> tuple[Problem, ...]:
        """What is wrong in ``texts``, by name of the file. Raises QueryError when one is missing."""
        return self._read(texts)[1]

    def preview(self, texts: Mapping[str, str], searcher: Searcher, queries: Iterable[Query]) -> Preview:
        """What ``queries`` would find if the dictionaries said ``texts``; those asked most come first."""
        dictionaries, problems = self._read(texts)
        times: dict[str, int] = {}
        for query, count in queries:
            if len(times) < _LOOKED_AT:
                times.setdefault(query, count)
        without_model = replace(searcher, semantic=None)  # meaning does not depend on dictionaries
        changes = preview(without_model, self._vocabulary(dictionaries), times)
        return Preview(len(times), tuple(changes), times, problems)

    def save(self, caller: Caller, texts: Mapping[str, str], expected: Mapping[str, str], note: str = "") -> list[str]:
        """Let the files say ``texts`` if they have the revisions ``expected``; return the names of those that changed.

        Raises InvalidArticle for lines that are no entry, and what ``DictionaryFiles.replace`` raises.
        """
        errors = [problem for problem in self.problems(texts) if problem.severity == "error"]
        if errors:
            raise InvalidArticle(errors)
        edit = Edit(self._now(), caller.name, origin_of(caller), "publish", note.strip())
        now = {file.name: file.text for file in self.files()}
        written = {name: with_newlines_of(now[name], text) for name, text in texts.items()}
        changed = self._files.replace(written, expected, edit)
        if changed:
            self._changed()
        return changed

    def revisions(self) -> list[Revision]:
        """The latest changes of all dictionaries, the newest first."""
        return self._history.revisions([path_of(name) for name in NAMES])[:_MOST_REVISIONS]

    def former(self, number: int) -> tuple[str, str]:
        """(name of the file, text) of a revision. Raises QueryError when there is none."""
        found = self._history.revision(number)
        name = next((name for name in NAMES if found is not None and found.path == path_of(name)), None)
        if found is None or name is None:
            raise QueryError(f"词典没有编号为 {number} 的历史版本。")
        return name, self._history.source(found.revision) or ""

    def _read(self, texts: Mapping[str, str]) -> tuple[Dictionaries, tuple[Problem, ...]]:
        missing = [name for name in NAMES if name not in texts]
        if missing:
            raise QueryError(f"缺少词典 {'、'.join(missing)} 的内容。")
        return read_dictionaries(self._files.root, texts)
