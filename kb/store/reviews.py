"""What reviewers said. Rows are only ever added: taking a verdict back is a row of its own.

A verdict that changes a file waits (``given`` = 0) for its revision to be confirmed: ``kb.store.revisions`` calls
``insert``, ``give`` and ``forget`` within its own transactions, so that neither is there without the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from kb.model import Review, Verdict, Via
from kb.ports.accounts import AuditEntry
from kb.ports.reviews import NewReview
from kb.store.audit import add_entry
from kb.store.database import Database, epoch_ms, from_epoch_ms

_COLUMNS = "review.id, review.at, review.article_id, review.verdict, review.user, review.note, review.revision, written"
# An id that an article had before leads to the one that it has now.
_CURRENT_ID = """coalesce(
    (SELECT served.article_id FROM former_ids JOIN served_articles AS served USING (path)
     WHERE former_id = review.article_id), review.article_id)"""
_IDS_OF = """SELECT ? UNION
    SELECT former_id FROM former_ids JOIN served_articles USING (path) WHERE served_articles.article_id = ?"""

# First by the id that each was given under, which an index answers; then, where articles have had several, by all ids.
_SENT_BACK = f"""
    WITH left_open AS (
        SELECT *, {_CURRENT_ID} AS current_id FROM standing_reviews AS review
        WHERE verdict = 'revise' AND NOT EXISTS (
            SELECT 1 FROM standing_reviews AS later
            WHERE later.article_id = review.article_id AND later.id > review.id))
    SELECT {_COLUMNS}, current_id FROM left_open AS review
    WHERE current_id NOT IN (SELECT served.article_id FROM former_ids JOIN served_articles AS served USING (path))
    OR NOT EXISTS (
        SELECT 1 FROM standing_reviews AS later WHERE later.id > review.id AND later.article_id IN
        (SELECT current_id UNION SELECT former_id FROM former_ids JOIN served_articles AS served USING (path)
         WHERE served.article_id = current_id))"""  # noqa: S608  # the columns are ours


class Reviews:
    """Implements ``kb.ports.reviews.Reviews``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewReview) -> bool:
        """Write down one that changes no file; False when what it takes back does not stand any more."""
        with self._database.write() as db:
            stands = db.execute("SELECT 1 FROM standing_reviews WHERE id = ?", [new.undoes]).fetchone()
            if new.undoes is not None and stands is None:
                return False
            _record(db, new, insert(db, new, None))
            return True

    def get(self, number: int) -> Review | None:
        """The one with this number, if it stands."""
        return next(iter(self._select("WHERE id = ?", [number])), None)

    def between(self, since: datetime, until: datetime) -> list[Review]:
        """Those given in [since, until), the latest first."""
        return self._select("WHERE at >= ? AND at < ? ORDER BY id DESC", [epoch_ms(since), epoch_ms(until)])

    def of(self, article_id: str) -> list[Review]:
        """Those on one article, the latest first."""
        return self._select(f"WHERE review.article_id IN ({_IDS_OF}) ORDER BY id DESC", [article_id, article_id])

    def sent_back(self) -> Mapping[str, Review]:
        """article id -> the ``revise`` that no later verdict has settled; one query for all articles."""
        with self._database.read() as db:
            return {row[-1]: _review(row[:-1]) for row in db.execute(_SENT_BACK)}

    def completed(self, since: datetime) -> int:
        """How many verdicts since then were completed by a scan, in place of a program that was killed."""
        with self._database.read() as db:
            sql = "SELECT count(*) FROM reviews WHERE at >= ? AND completed NOTNULL"
            return int(db.execute(sql, [epoch_ms(since)]).fetchone()[0])

    def _select(self, where: str, values: Sequence[object]) -> list[Review]:
        sql = f"SELECT {_COLUMNS} FROM standing_reviews AS review {where}"  # noqa: S608  # columns and conditions are ours
        with self._database.read() as db:
            return [_review(row) for row in db.execute(sql, values)]


def insert(db: Any, new: NewReview, written: int | None) -> int:
    """Write it down, to be given with the revision ``written``, or at once where no file is changed."""
    row = asdict(new) | {"at": epoch_ms(new.at), "verdict": new.verdict.value, "via": new.via.value}
    return int(db.table("reviews").insert(row | {"written": written, "given": written is None}).last_pk)


def give(db: Any, written: int, completed: datetime | None = None) -> int:
    """What waited for the revision ``written`` stands from now on, and the audit log says so; how many those were.

    ``completed``: a scan does it, in place of a program that was killed or, it turns out, was only slower.
    """
    if completed is None:
        db.execute("UPDATE reviews SET completed = NULL WHERE written = ?", [written])
    waiting = list(db.query("SELECT * FROM reviews WHERE written = ? AND NOT given", [written]))
    for row in waiting:
        at = None if completed is None else epoch_ms(completed)
        db.execute("UPDATE reviews SET given = 1, completed = ? WHERE id = ?", [at, row["id"]])
        _record(db, _new(row), row["id"], written)
    return len(waiting)


def forget(db: Any) -> None:
    """Drop what waits for a revision that was given up."""
    db.execute("DELETE FROM reviews WHERE NOT given AND written NOT IN (SELECT number FROM revisions)")


def _record(db: Any, new: NewReview, number: int, written: int | None = None) -> None:
    detail = {"review": new.undoes or number, "number": written}
    add_entry(db, AuditEntry(new.at, new.user, new.via, new.action, new.article_id, detail))


def _new(row: Mapping[str, Any]) -> NewReview:
    given = {field.name: row[field.name] for field in fields(NewReview)}
    converted = {"at": from_epoch_ms(row["at"]), "verdict": Verdict(row["verdict"]), "via": Via(row["via"])}
    return NewReview(**given | converted)


def _review(row: tuple[Any, ...]) -> Review:
    number, at, article_id, verdict, user, note, revision, written = row
    return Review(number, from_epoch_ms(at), article_id, Verdict(verdict), user, note, revision, written)
