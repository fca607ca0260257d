"""Knowledge gaps as a list to work through: what is missing most, and what people decided about it.

Reports and searches are only read; a verdict is kept beside them, so that a gap comes back when it is met again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kb.errors import ArticleNotFound, QueryError
from kb.ports.catalog import Catalog
from kb.ports.history import Edit
from kb.ports.store import GapVerdict, GapVerdicts
from kb.rules.gaps import KnowledgeGap, find_gaps
from kb.text.normalize import letters_of
from kb.usecases.activity import Activity
from kb.usecases.question_edits import QuestionEditor, wordings


class GapList:
    """Thread-safe; ``now`` gives an aware datetime. Every call may raise StoreError."""

    def __init__(
        self,
        activity: Activity,
        verdicts: GapVerdicts,
        catalog: Catalog,
        editor: QuestionEditor,
        now: Callable[[], datetime],
    ) -> None:
        self._activity, self._verdicts, self._catalog = activity, verdicts, catalog
        self._editor, self._now = editor, now

    def gaps(self, content: Callable[[str], str]) -> list[KnowledgeGap]:
        """All of them, open or not, the weightiest first; ``content``: the letters of a text's content words."""
        return find_gaps(self._activity.missed(), self._verdicts.all(), content)

    def verdict(self, text: str) -> GapVerdict | None:
        """What was decided about a wording."""
        asked = letters_of(text)
        return next((verdict for verdict in self._verdicts.all() if verdict.asked == asked), None)

    def answer(self, text: str, article_id: str, user: str, origin: str) -> GapVerdict:
        """The article answers the gap: from now on it has that wording among its questions. ``origin`` as in ``Edit``.

        Raises ArticleNotFound, QueryError, and what ``QuestionEditor`` raises.
        """
        asked, record = _letters(text), self._catalog.get(article_id)
        if record is None or record.article.status != "published":
            raise ArticleNotFound(article_id)
        added = asked not in wordings(record.article)
        if added:
            self._editor.add(record, text.strip(), self._edit(user, origin, "补充客服报告的问法"))
        return self._judge(GapVerdict(asked, text.strip(), article_id, added, user, self._now()))

    def ignore(self, text: str, user: str) -> GapVerdict:
        """Nothing is to answer it. Raises QueryError."""
        return self._judge(GapVerdict(_letters(text), text.strip(), None, False, user, self._now()))

    def undo(self, text: str, user: str, origin: str) -> GapVerdict:
        """Take a verdict back, as ``user`` wants; a wording that it added leaves the article again.

        Raises QueryError when there is no verdict, and what ``QuestionEditor`` raises.
        """
        verdict = self.verdict(text)
        if verdict is None:
            raise QueryError(f"“{text}”还没有处理过，没有可以撤销的。")
        record = self._catalog.get(verdict.article_id) if verdict.article_id else None
        if verdict.added and record is not None:
            self._editor.remove(record, verdict.text, self._edit(user, origin, "撤销补充的问法"))
        self._verdicts.withdraw(verdict.asked)
        return verdict

    def _edit(self, user: str, origin: str, note: str) -> Edit:
        return Edit(self._now(), user, origin, "learn", note)

    def _judge(self, verdict: GapVerdict) -> GapVerdict:
        self._verdicts.judge(verdict)
        return verdict


def _letters(text: str) -> str:
    asked = letters_of(text)
    if not asked:
        raise QueryError(f"“{text}”里没有文字，无法处理。")
    return asked
