"""Every content that articles had; the catalog's tables say which one is served."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from kb.errors import StoreError
from kb.ports.history import Content, Edit, Revision
from kb.store import reviews
from kb.store.database import Database, epoch_ms, from_epoch_ms

_COLUMNS = "number, article_id, path, revision, at, author, origin, action, note"
# An article's head is the revision that the catalog had when they were last compared.
_CHANGED = """
    SELECT served.article_id, served.path, served.served_revision, head.number, latest.revision
    FROM served_articles AS served
    LEFT JOIN revision_heads AS head USING (article_id) LEFT JOIN revisions AS latest USING (number)
    WHERE latest.revision IS NOT served.served_revision OR latest.path IS NOT served.path"""
_GONE = """
    SELECT head.article_id, latest.path, '', head.number, latest.revision
    FROM revision_heads AS head JOIN revisions AS latest USING (number)
    WHERE latest.revision <> '' AND head.article_id NOT IN
        (SELECT article_id FROM article_files WHERE article_id NOTNULL)"""

_STANDING = """number IN (
    SELECT max(number) FROM revisions WHERE confirmed AND action <> 'broken' AND at < ? GROUP BY article_id
) ORDER BY article_id"""

#: no change takes longer, from the moment it is written down; a killed one must not be taken for a later edit
_UNDER_WAY = timedelta(minutes=10)


class Revisions:
    """Implements ``kb.ports.history.History``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def intend(
        self, edit: Edit, contents: Sequence[Content], found: tuple[Edit, Content] | None = None
    ) -> tuple[int, ...]:
        """Write down what is about to be, and what was ``found`` unless that is known; return the numbers."""
        with self._database.write() as db:
            if found is not None:
                _record_found(db, *found)
            numbers = tuple(_insert(db, edit, content, confirmed=False) for content in contents)
            if edit.review is not None:
                reviews.insert(db, edit.review, numbers[-1])
            return numbers

    def confirm(self, numbers: Sequence[int]) -> None:
        """It is so, and the catalog has it."""
        with self._database.write() as db:
            for number in numbers:
                _confirm(db, number)
                reviews.give(db, number)

    def written(self, numbers: Sequence[int]) -> None:
        """It is so in the files; the catalog will have it after the next scan."""
        with self._database.write() as db:
            for number in numbers:
                db.execute("UPDATE revisions SET confirmed = 1 WHERE number = ?", [number])

    def settle(self, at: datetime) -> int:
        """Follow the catalog: confirm what it has of the intended, record what was changed or removed otherwise."""
        with self._database.read() as db:
            state = _state(db)  # before the look: a later change is then still to do
            if db.execute("SELECT settled FROM history_state").fetchone()[0] == state:
                return 0
            agreed = not _differing(db)
        if agreed:
            with suppress(StoreError), self._database.write() as db:  # it only saves the next look
                _remember(db, state)
            return 0
        with self._database.write() as db:
            completed = _follow(db, at)
            db.execute("DELETE FROM revisions WHERE NOT confirmed AND at < ?", [epoch_ms(at - _UNDER_WAY)])
            reviews.forget(db)
            _remember(db, _state(db))
        return completed

    def revisions(self, article_ids: Sequence[str]) -> list[Revision]:
        """All that is confirmed of these ids, the newest first."""
        places = ", ".join("?" * len(article_ids))
        return self._select(f"confirmed AND article_id IN ({places}) ORDER BY number DESC", article_ids)

    def revision(self, number: int) -> Revision | None:
        """One of them."""
        return next(iter(self._select("confirmed AND number = ?", [number])), None)

    def source(self, revision: str) -> str | None:
        """The text that has this SHA-256."""
        with self._database.read() as db:
            row = db.execute("SELECT source FROM sources WHERE revision = ?", [revision]).fetchone()
        return None if row is None else zlib.decompress(row[0]).decode()

    def texts(self, article_ids: Sequence[str]) -> dict[str, list[tuple[Revision, str]]]:
        """id -> every confirmed text, the oldest first."""
        found: dict[str, list[tuple[Revision, str]]] = {}
        with self._database.read() as db:
            rows = db.execute(
                f"""SELECT {_COLUMNS}, source FROM revisions JOIN sources USING (revision)
                WHERE confirmed AND article_id IN (SELECT value FROM json_each(?)) ORDER BY article_id, number""",  # noqa: S608  # the columns are ours
                [json.dumps(list(article_ids))],
            )
            for *row, packed in rows:
                revision = _revision(tuple(row))
                found.setdefault(revision.article_id, []).append((revision, zlib.decompress(packed).decode()))
        return found

    def heads(self) -> dict[str, int]:
        """id -> number of the latest revision."""
        with self._database.read() as db:
            return dict(db.execute("SELECT article_id, number FROM revision_heads"))

    def stamp(self) -> str:
        """Another text whenever a head is another one: they only grow."""
        with self._database.read() as db:
            return _stamp(db)

    def sources(self, revisions: Iterable[str]) -> Iterator[tuple[str, str]]:
        """(SHA-256, text) of those of ``revisions`` that are known, one at a time."""
        wanted = json.dumps(sorted(revisions))
        with self._database.read() as db:
            sql = "SELECT revision, source FROM sources WHERE revision IN (SELECT value FROM json_each(?))"
            for revision, packed in db.execute(sql, [wanted]):
                yield revision, zlib.decompress(packed).decode()

    def began(self) -> datetime | None:
        """When the first content was written down; None: nothing was yet."""
        with self._database.read() as db:
            (at,) = db.execute("SELECT min(at) FROM revisions WHERE confirmed").fetchone()
        return None if at is None else from_epoch_ms(at)

    def standing_at(self, moment: datetime) -> list[Revision]:
        """What every article said just before ``moment``, those included that were removed by then, in order of id."""
        return self._select(_STANDING, [epoch_ms(moment)])

    def between(self, since: datetime, until: datetime) -> list[Revision]:
        """All contents that were confirmed and came in [since, until), the oldest first."""
        where = "confirmed AND action <> 'broken' AND at >= ? AND at < ? ORDER BY number"
        return self._select(where, [epoch_ms(since), epoch_ms(until)])

    def _select(self, where: str, values: Sequence[object]) -> list[Revision]:
        with self._database.read() as db:
            return [_revision(row) for row in db.execute(f"SELECT {_COLUMNS} FROM revisions WHERE {where}", values)]  # noqa: S608  # columns and conditions are ours


def _stamp(db: Any) -> str:
    return "{}-{:.0f}".format(*db.execute("SELECT count(*), total(number) FROM revision_heads").fetchone())


def _state(db: Any) -> str:
    """Names all that ``_differing`` depends on."""
    (version,) = db.execute("SELECT version FROM catalog_state").fetchone()
    return f"{version} {_stamp(db)}"


def _remember(db: Any, agreed: str) -> None:
    db.execute("UPDATE history_state SET settled = ?", [agreed])


def _follow(db: Any, at: datetime) -> int:
    """Make the heads say what the catalog has; return how many reviews that completed."""
    completed = 0
    for article_id, path, revision, head, former in _differing(db):
        content = Content(article_id, path, revision, _served_source(db, path) if revision else "")
        number = _intended(db, content, head or 0)
        if number is None:
            edit = Edit(at, "", "file", _action(former, revision))
            number = _insert(db, edit, content, confirmed=True)
        _confirm(db, number)
        completed += reviews.give(db, number, at)
    return completed


def _differing(db: Any) -> list[tuple[Any, ...]]:
    return [row for sql in (_CHANGED, _GONE) for row in db.execute(sql)]


def _served_source(db: Any, path: str) -> str:
    (source,) = db.execute("SELECT source FROM article_files WHERE path = ?", [path]).fetchone()
    return str(source)


def _latest(db: Any, article_id: str) -> str | None:
    """The revision that is known of an article."""
    row = db.execute(
        "SELECT revision FROM revisions WHERE article_id = ? AND confirmed ORDER BY number DESC LIMIT 1", [article_id]
    ).fetchone()
    return None if row is None else str(row[0])


def _record_found(db: Any, edit: Edit, content: Content) -> None:
    """What stands in a file, unless that is known: by the ``edit`` of nobody known, or of who was killed over it."""
    if _latest(db, content.article_id) == content.revision:
        return
    number = _intended(db, content, _head(db, content.article_id))
    if number is None:
        _insert(db, edit, content, confirmed=True)
    else:
        db.execute("UPDATE revisions SET confirmed = 1 WHERE number = ?", [number])
        reviews.give(db, number, edit.at)


def _head(db: Any, article_id: str) -> int:
    """The number of the revision that the catalog had at the last comparison; 0 for none."""
    row = db.execute("SELECT number FROM revision_heads WHERE article_id = ?", [article_id]).fetchone()
    return 0 if row is None else int(row[0])


def _intended(db: Any, content: Content, after: int) -> int | None:
    """The number under which a content was written down since ``after``."""
    (number,) = db.execute(
        "SELECT max(number) FROM revisions WHERE article_id = ? AND path = ? AND revision = ? AND number > ?",
        [content.article_id, content.path, content.revision, after],
    ).fetchone()
    return None if number is None else int(number)


def _insert(db: Any, edit: Edit, content: Content, confirmed: bool) -> int:
    if content.revision:
        known = db.execute("SELECT 1 FROM sources WHERE revision = ?", [content.revision]).fetchone()
        if known is None:
            packed = zlib.compress(content.source.encode())
            db.execute("INSERT INTO sources VALUES (?, ?)", [content.revision, packed])
    what = (content.article_id, content.path, content.revision, epoch_ms(edit.at))
    cursor = db.execute(
        f"INSERT INTO revisions ({_COLUMNS}, confirmed) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # the columns are ours
        [*what, edit.author, edit.origin, edit.action, edit.note, confirmed],
    )
    return int(cursor.lastrowid)


def _confirm(db: Any, number: int) -> None:
    """A head never goes back: whoever confirms late has been overtaken."""
    db.execute("UPDATE revisions SET confirmed = 1 WHERE number = ?", [number])
    db.execute(
        """INSERT INTO revision_heads SELECT article_id, number FROM revisions WHERE number = ?
        ON CONFLICT (article_id) DO UPDATE SET number = max(number, excluded.number)""",
        [number],
    )


def _action(former: str | None, revision: str) -> str:
    """What a change by hand did."""
    if not revision:
        return "delete"
    if not former:
        return "create"
    return "move" if former == revision else "publish"


def _revision(row: tuple[Any, ...]) -> Revision:
    number, article_id, path, revision, at, author, origin, action, note = row
    return Revision(number, article_id, path, revision, Edit(from_epoch_ms(at), author, origin, action, note))
