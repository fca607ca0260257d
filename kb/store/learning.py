"""Learned questions as last computed from the log, and the verdicts of people on them.

A verdict outlives the computations: whatever the log says, a question that somebody accepted or rejected is not open
until the verdict is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from kb.ports.store import LearnedQuestion, LearningVerdict
from kb.store.database import Database, epoch_ms, from_epoch_ms


class LearnedStore:
    """Implements ``kb.ports.store.LearnedStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, questions: Iterable[LearnedQuestion]) -> None:
        """Keep ``questions`` in place of all earlier ones, judged or not."""
        rows = [asdict(question) | {"last": question.last.isoformat()} for question in questions]
        with self._database.write() as db:
            db.execute("DELETE FROM learned_questions")
            db.table("learned_questions").insert_all(rows)

    def open_questions(self) -> list[LearnedQuestion]:
        """Those without a verdict, the strongest first."""
        with self._database.read() as db:
            rows = db.table("learned_questions").rows_where(
                "(asked, article_id) NOT IN (SELECT asked, article_id FROM learning_verdicts)",
                order_by="strength DESC, asked, article_id",
            )
            return [_question(row) for row in rows]

    def judge(self, verdict: LearningVerdict) -> None:
        """Keep a verdict in place of an earlier one on the same question and article."""
        row = asdict(verdict) | {"at": epoch_ms(verdict.at)}
        with self._database.write() as db:
            db.table("learning_verdicts").insert(row, replace=True)

    def withdraw(self, asked: str, article_id: str) -> None:
        """Forget a verdict; without one, nothing happens."""
        with self._database.write() as db:
            db.execute("DELETE FROM learning_verdicts WHERE asked = ? AND article_id = ?", [asked, article_id])

    def verdicts(self) -> list[LearningVerdict]:
        """All of them, the latest first."""
        with self._database.read() as db:
            rows = db.table("learning_verdicts").rows_where(order_by="at DESC, asked, article_id")
            return [_verdict(row) for row in rows]


def _question(row: dict[str, Any]) -> LearnedQuestion:
    return LearnedQuestion(**row | {"last": date.fromisoformat(row["last"])})


def _verdict(row: dict[str, Any]) -> LearningVerdict:
    return LearningVerdict(**row | {"accepted": bool(row["accepted"]), "at": from_epoch_ms(row["at"])})
