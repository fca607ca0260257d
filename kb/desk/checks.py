"""What is checked before an article is saved; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Sequence

from kb.checking.checker import Checked, Unsaved
from kb.checking.duplicates import Duplicate
from kb.checking.question_trials import QuestionTrial, QuestionTrials
from kb.model import Caller, Right
from kb.rules.access import require, require_for
from kb.system import System
from kb.usecases.searching import Searcher


class ChecksDesk:
    """Needs the right to edit the article: findings quote articles that are for agents only."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def check(self, unsaved: Unsaved) -> Checked:
        """All that can be said against it. Raises QueryError for a folder that can't be."""
        self._require(unsaved.id)
        return self._system.checker.check(unsaved, self._searcher.vocabulary, self._system.today())

    def duplicates(self, texts: Sequence[str], own_id: str | None) -> list[Duplicate]:
        """Which other articles have these wordings already; ``own_id``: the article being edited."""
        self._require(own_id)
        return self._system.checker.duplicates(tuple(texts), self._searcher.vocabulary, own_id)

    def trial(self, unsaved: Unsaved, query: str) -> QuestionTrial:
        """Would ``query`` find it? Raises QueryError, EngineError."""
        self._require(unsaved.id)
        version = self._system.checker.judge(unsaved)
        article = version.article
        if article is None:
            return QuestionTrial.of_broken(query, next(p.message for p in version.problems if p.severity == "error"))
        snapshot = self._system.snapshots.current()
        former_id = unsaved.id or article.id
        learned = next((texts.learned for texts in snapshot.texts if texts.id == former_id), ())
        with self._system.noticing_damage():
            trials = QuestionTrials(snapshot.searcher, self._system.engine, self._system.semantic)
            return trials.run(article, query, learned, former_id)

    @property
    def _searcher(self) -> Searcher:
        return self._system.snapshots.current().searcher

    def _require(self, article_id: str | None) -> None:
        record = self._system.catalog.get(article_id) if article_id else None
        if record is None:
            require(self._caller, Right.EDIT)
        else:
            require_for(self._caller, Right.EDIT, record.article.owner)
