"""Deciding on questions that were learned from use: into the article's file, or never again."""

from __future__ import annotations

from kb.model import Caller, Right
from kb.ports.history import origin_of
from kb.ports.store import LearnedQuestion, LearningVerdict
from kb.rules.access import may, require, require_for
from kb.system import System
from kb.usecases.learning import Proposal


class LearnedDesk:
    """Needs the right to publish the article: an accepted question is found by every agent at once."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def proposals(self) -> list[Proposal]:
        """What waits for a decision, the strongest first."""
        require(self._caller, Right.READ_INTERNAL)
        return self._system.learning.proposals()

    def may_decide(self, proposal: Proposal) -> bool:
        """Whether the caller may accept or reject it."""
        return may(self._caller, Right.PUBLISH, self._owner(proposal.question.article_id))

    def verdict(self, query: str, article_id: str) -> LearningVerdict | None:
        """What was decided about a query and an article."""
        require(self._caller, Right.READ_INTERNAL)
        return self._system.learning.verdict(query, article_id)

    def accept(self, query: str, article_id: str, user: str) -> LearnedQuestion:
        """See ``Learning.accept``."""
        self._require(article_id)
        question = self._system.learning.accept(query, article_id, user, origin_of(self._caller))
        self._record("learn.accept", article_id)
        return question

    def reject(self, query: str, article_id: str, user: str) -> LearnedQuestion:
        """See ``Learning.reject``."""
        self._require(article_id)
        question = self._system.learning.reject(query, article_id, user)
        self._record("learn.reject", article_id)
        return question

    def undo(self, query: str, article_id: str) -> LearningVerdict:
        """See ``Learning.undo``."""
        self._require(article_id)
        verdict = self._system.learning.undo(query, article_id, self._caller.name, origin_of(self._caller))
        self._record("learn.undo", article_id)
        return verdict

    def _record(self, action: str, article_id: str) -> None:
        """Without the question, which customers have worded."""
        self._system.access.audit.record(self._caller, action, article_id)

    def _require(self, article_id: str) -> None:
        require_for(self._caller, Right.PUBLISH, self._owner(article_id))

    def _owner(self, article_id: str) -> str | None:
        record = self._system.catalog.get(article_id)
        return record.article.owner if record else None
