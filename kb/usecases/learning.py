"""Learning from use: what agents keep choosing for a query boosts that article at once, and is proposed to its owner.

Computed from the log now and then, kept in the database, served from memory; one assignment swaps what searches see.
A verdict takes a question out of both: accepted it stands in the article's file, rejected it never counts again, until
the verdict is undone.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from rapidfuzz import fuzz

from kb.errors import ArticleNotFound, QueryError, StoreError
from kb.model import Article, ArticleRecord
from kb.ports.catalog import Catalog
from kb.ports.events import EventLog
from kb.ports.history import Edit
from kb.ports.store import LearnedQuestion, LearnedStore, LearningVerdict
from kb.rules.learning import MIN_PEOPLE, WINDOW, learn
from kb.text.normalize import letters_of
from kb.usecases.question_edits import QuestionEditor, wordings

log = logging.getLogger(__name__)

#: Wordings with so many per cent of their letters in common, in order, say much the same.
_SIMILAR = 75


@dataclass(frozen=True, slots=True)
class LearnedQuestions:
    """What searches use: article id -> (wording, strength from 0 to 1), the strongest first."""

    of_article: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, questions: Iterable[LearnedQuestion]) -> LearnedQuestions:
        """By article, in the order given."""
        of_article: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for question in questions:
            of_article[question.article_id].append((question.text, question.strength))
        return cls({i: tuple(found) for i, found in of_article.items()})

    def trusted(self, article_id: str) -> tuple[tuple[str, float], ...]:
        """(wording, how far it is trusted, from 0 to 1): fully from half of the greatest strength on, for more people
        don't make it any truer.
        """
        return tuple((text, min(1.0, 2 * strength)) for text, strength in self.of_article.get(article_id, ()))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A learned question that waits for a verdict; ``similar`` is a wording of the article that says much the same."""

    question: LearnedQuestion
    title: str
    similar: str | None


class Learning:
    """Thread-safe; ``now`` gives an aware datetime. Everything but ``current`` may raise StoreError."""

    def __init__(
        self,
        events: EventLog,
        store: LearnedStore,
        catalog: Catalog,
        editor: QuestionEditor,
        now: Callable[[], datetime],
    ) -> None:
        self._events, self._store, self._catalog = events, store, catalog
        self._editor, self._now = editor, now
        self._current: LearnedQuestions | None = None

    def current(self) -> LearnedQuestions:
        """What is learned and not judged; from memory once it was read. Nothing while the database fails."""
        if self._current is None:
            try:
                self._reload()
            except StoreError as error:
                log.warning("数据库暂不可用，学到的问法暂不起作用：%s", error)
        return self._current or LearnedQuestions()

    def forget(self) -> None:
        """Read anew what is learned: somebody else has written it."""
        self._current = None

    def learn(self, has_content: Callable[[str], bool]) -> None:
        """Learn anew from the log; ``has_content`` tells whether a text says more than stop words do."""
        now = self._now()
        evidence = self._events.evidence(now - WINDOW, MIN_PEOPLE)
        learned = learn(evidence, now.astimezone(timezone.utc).date(), has_content)
        articles = self._published({question.article_id for question in learned})
        self._store.save(
            question
            for question in learned
            if question.article_id in articles and question.asked not in wordings(articles[question.article_id].article)
        )
        self._reload()

    def proposals(self) -> list[Proposal]:
        """The learned questions that no one has judged yet, the strongest first."""
        questions = self._store.open_questions()
        records = self._published({question.article_id for question in questions})
        return [
            Proposal(question, record.article.title, _similar(record.article, question.asked))
            for question in questions
            if (record := records.get(question.article_id))
            and question.asked not in wordings(record.article)  # added by hand since
        ]

    def verdicts(self) -> list[LearningVerdict]:
        """What was decided, the latest first."""
        return self._store.verdicts()

    def verdict(self, query: str, article_id: str) -> LearningVerdict | None:
        """What was decided about a query and an article."""
        wanted = (letters_of(query), article_id)
        return next((found for found in self._store.verdicts() if (found.asked, found.article_id) == wanted), None)

    def accept(self, query: str, article_id: str, user: str, origin: str = "cli") -> LearnedQuestion:
        """Write a proposed question into the article's file; ``origin`` as in ``Edit``.

        Raises QueryError when it is not proposed, ArticleNotFound, and what ``QuestionEditor`` raises.
        """
        question = self._proposed(query, article_id)
        record = self._catalog.get(article_id)
        if record is None:
            raise ArticleNotFound(article_id)
        self._editor.add(record, question.text, self._edit(user, origin, "采纳客服常用的问法"))
        self._judge(question, user, accepted=True)
        return question

    def reject(self, query: str, article_id: str, user: str) -> LearnedQuestion:
        """From now on the query neither boosts the article nor is proposed for it. Raises QueryError."""
        question = self._proposed(query, article_id)
        self._judge(question, user, accepted=False)
        return question

    def undo(self, query: str, article_id: str, user: str = "", origin: str = "cli") -> LearningVerdict:
        """Take a verdict back, as ``user`` wants: an accepted question leaves the file, a rejected one counts again.

        Raises QueryError when there is no verdict, and what ``QuestionEditor`` raises.
        """
        verdict = self.verdict(query, article_id)
        if verdict is None:
            raise QueryError(f"“{query}”对条目 {article_id} 还没有采纳或拒绝过，没有可以撤销的。")
        record = self._catalog.get(article_id)
        if verdict.accepted and record is not None:
            self._editor.remove(record, verdict.text, self._edit(user, origin, "撤销采纳的问法"))
        self._store.withdraw(verdict.asked, article_id)
        self._reload()
        return verdict

    def _edit(self, user: str, origin: str, note: str) -> Edit:
        return Edit(self._now(), user, origin, "learn", note)

    def _judge(self, question: LearnedQuestion, user: str, accepted: bool) -> None:
        self._store.judge(
            LearningVerdict(question.asked, question.article_id, question.text, accepted, user, self._now())
        )
        self._reload()

    def _proposed(self, query: str, article_id: str) -> LearnedQuestion:
        asked = letters_of(query)
        for question in self._store.open_questions():
            if (question.asked, question.article_id) == (asked, article_id):
                return question
        raise QueryError(f"没有把“{query}”建议给条目 {article_id}；执行 kb learn 查看现有的建议。")

    def _published(self, ids: set[str]) -> dict[str, ArticleRecord]:
        found = self._catalog.get_many(sorted(ids))
        return {i: record for i, record in found.items() if record.article.status == "published"}

    def _reload(self) -> None:
        self._current = LearnedQuestions.of(self._store.open_questions())


def _similar(article: Article, asked: str) -> str | None:
    """The wording of an article that is nearest to a query, if it is near."""
    score, text = max((fuzz.ratio(letters_of(text), asked), text) for text in (article.title, *article.questions))
    return text if score >= _SIMILAR else None
