"""Working through knowledge gaps: seeing what is missing, saying what answers it or that nothing should."""

from __future__ import annotations

from kb.model import Caller, Right
from kb.ports.history import origin_of
from kb.ports.store import GapVerdict
from kb.rules.access import has, require, require_for
from kb.rules.gaps import KnowledgeGap
from kb.rules.query import content_words
from kb.system import System
from kb.text.normalize import letters_of
from kb.usecases.question_edits import wordings


class GapsDesk:
    """Whoever reads what is internal sees the list; an answer is published, so it needs the right to do that."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def list(self) -> list[KnowledgeGap]:
        """All gaps, also those that were dealt with, the weightiest first."""
        require(self._caller, Right.READ_INTERNAL)
        words = self._system.snapshots.current().searcher.vocabulary
        return self._system.gaps.gaps(lambda text: "".join(content_words(text, words.tokenizer, words.stop_words)))

    def verdict(self, text: str) -> GapVerdict | None:
        """What was decided about a wording."""
        require(self._caller, Right.READ_INTERNAL)
        return self._system.gaps.verdict(text)

    def may_judge(self) -> bool:
        """Whether the caller may decide anything here."""
        return has(self._caller, Right.EDIT)

    def require_to_judge(self) -> None:
        """Raises LoginRequired or AccessDenied unless the caller ``may_judge``."""
        require(self._caller, Right.EDIT)

    def answer(self, text: str, article_id: str) -> GapVerdict:
        """See ``GapList.answer``."""
        self._require_to_publish(article_id)
        verdict = self._system.gaps.answer(text, article_id, self._caller.name, origin_of(self._caller))
        self._record("gap.answer", article_id)
        return verdict

    def settle(self, article_id: str) -> None:
        """An article was published: it answers the gaps that ask, word for word, one of its questions."""
        record = self._system.catalog.get(article_id)
        told = wordings(record.article) if record is not None else frozenset()
        for gap in self.list():
            text = next((text for text in gap.wordings if letters_of(text) in told), None)
            if gap.is_open and text is not None:
                self.answer(text, article_id)

    def ignore(self, text: str) -> GapVerdict:
        """See ``GapList.ignore``."""
        require(self._caller, Right.EDIT)
        verdict = self._system.gaps.ignore(text, self._caller.name)
        self._record("gap.ignore")
        return verdict

    def undo(self, text: str) -> GapVerdict:
        """See ``GapList.undo``."""
        require(self._caller, Right.EDIT)
        verdict = self._system.gaps.verdict(text)
        if verdict is not None and verdict.article_id is not None:
            self._require_to_publish(verdict.article_id)
        verdict = self._system.gaps.undo(text, self._caller.name, origin_of(self._caller))
        self._record("gap.undo", verdict.article_id or "")
        return verdict

    def _require_to_publish(self, article_id: str) -> None:
        require(self._caller, Right.PUBLISH)
        record = self._system.catalog.get(article_id)
        if record is not None:
            require_for(self._caller, Right.PUBLISH, record.article.owner)

    def _record(self, action: str, article_id: str = "") -> None:
        """Without the wording, which is a customer's."""
        self._system.access.audit.record(self._caller, action, article_id)
