"""Editing the dictionaries: what is wrong in them, which queries a change would answer otherwise, saving.

Dictionaries decide how queries are read, never what is in the index; so a preview is the ordinary search on the same
index with another vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kb.content.dictionaries import NAMES, parse_dictionaries, path_of
from kb.content.dictionary_files import DictionaryFile, DictionaryFiles
from kb.editing.form import with_newlines_of
from kb.errors import InvalidArticle, QueryError
from kb.model import Caller, Problem, SearchRequest
from kb.ports.history import Edit, History, Revision, origin_of
from kb.text.dictionaries import Dictionaries
from kb.usecases.question import Vocabulary
from kb.usecases.searching import Searcher

#: hits that a preview compares
TOP = 3

#: A preview searches for so many queries that are read otherwise, the most frequent first; nobody reads more.
_SEARCHED = 200

_MOST_REVISIONS = 20

Query = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a query is read and what it finds: its content ``words``, the readings that are searched ``also``, and
    (id, title) of the first hits.
    """

    words: tuple[str, ...]
    also: tuple[str, ...]
    hits: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class QueryChange:
    """A query that is read otherwise; it was asked ``times`` times lately, 0 for a title."""

    text: str
    times: int
    before: Outcome
    after: Outcome

    @property
    def finds_otherwise(self) -> bool:
        """Whether its first hits change, too."""
        return self.before.hits != self.after.hits


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do to ``asked`` queries. ``read_otherwise``: how many of them are not read as now; the
    ``changes`` among them that were searched, those with other hits first.
    """

    asked: int
    read_otherwise: int
    changes: tuple[QueryChange, ...]
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
        return parse_dictionaries(_complete(texts))[1]

    def preview(self, texts: Mapping[str, str], searcher: Searcher, queries: Iterable[Query]) -> Preview:
        """What ``queries`` would find if the dictionaries said ``texts``; those asked most come first."""
        dictionaries, problems = parse_dictionaries(_complete(texts))
        now = replace(searcher, semantic=None)  # meaning does not depend on dictionaries
        then = replace(now, vocabulary=self._vocabulary(dictionaries))
        asked: dict[str, int] = {}
        for text, times in queries:
            asked.setdefault(text, times)
        differing = [(text, times) for text, times in asked.items() if _reading(now, text) != _reading(then, text)]
        changes = [
            QueryChange(text, times, _outcome(now, text), _outcome(then, text)) for text, times in differing[:_SEARCHED]
        ]
        changes.sort(key=lambda change: not change.finds_otherwise)
        return Preview(len(asked), len(differing), tuple(changes), problems)

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


def _complete(texts: Mapping[str, str]) -> Mapping[str, str]:
    missing = [name for name in NAMES if name not in texts]
    if missing:
        raise QueryError(f"缺少词典 {'、'.join(missing)} 的内容。")
    return texts


def _reading(searcher: Searcher, text: str) -> tuple[object, ...]:
    """All that dictionaries decide of how a query is searched."""
    question = searcher.vocabulary.read(text, searcher.library.spelling())
    return question.typed.words, question.typed.terms, question.typed.is_sentence, question.rewritings


def _outcome(searcher: Searcher, text: str) -> Outcome:
    question = searcher.vocabulary.read(text, searcher.library.spelling())
    hits = searcher.search(SearchRequest(text, limit=TOP)).hits
    return Outcome(
        question.typed.words,
        tuple(rewriting.text for rewriting in question.rewritings),
        tuple((hit.record.article.id, hit.record.article.title) for hit in hits),
    )
