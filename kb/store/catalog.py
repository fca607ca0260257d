"""The articles being served, as they were parsed: no YAML at start-up, and a broken file loses no article."""

from __future__ import annotations

import json
import logging
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from itertools import islice
from sys import intern
from typing import Any

import sqlite_utils

from kb.model import Article, ArticleRecord, Problem
from kb.ports.catalog import FileVersion
from kb.store.article_json import dump_article, load_article
from kb.store.database import Database, epoch_ms

log = logging.getLogger(__name__)

#: seconds for which ``recent_version`` may not know of what another process has changed
_LOOK_EVERY = 0.05
#: files that are in memory together while a catalog is filled
_AT_ONCE = 500

# JSON is read as bytes: text that is no UTF-8 any more would fail the whole statement, not only its row.
_ALL = "SELECT CAST(article AS BLOB), path, served_revision, outdated_by FROM served_articles ORDER BY article_id"
_SOME = """SELECT CAST(article AS BLOB), path, served_revision, outdated_by FROM served_articles
    WHERE article_id IN (SELECT value FROM json_each(?))"""

#: what one catalog takes over from another
_COPIED = (
    "path",
    "revision",
    "article_id",
    "served_revision",
    "index_revision",
    "outdated_by",
    "article",
    "source",
    "changed",
    "seal",
)
_FORMER_IDS = "(SELECT json_group_array(former_id) FROM former_ids WHERE former_ids.path = served_articles.path)"
_FIELDS = ", ".join(f"'{name}', {name}" for name in _COPIED)
_EXPORTED = f"""SELECT json_object({_FIELDS}, 'former_ids', json({_FORMER_IDS}))
    FROM served_articles WHERE article_id IN (SELECT value FROM json_each(?))"""  # noqa: S608  # nothing but constants
_STATS = "SELECT path, size, mtime_ns FROM article_files"
_AMONG = "WHERE path IN (SELECT value FROM json_each(?))"
_OTHER_ID = "SELECT 1 FROM article_files WHERE path = ? AND article_id <> ?"
_STAMPS = "SELECT article_id, path, changed FROM served_articles"

# An article whose bytes are those that were stored needs no second look, see ``damaged``.
_SUSPECT = """SELECT path, CAST(problems AS BLOB), CAST(article AS BLOB), seal FROM article_files
    WHERE problems <> '[]' OR (article NOTNULL AND crc32(CAST(article AS BLOB)) IS NOT seal)"""

# Reading everything again changes nothing by itself, and rows that stay the same cost no space on a full disk.
_MARK_CHANGED = """UPDATE article_files SET changed = :version WHERE path = :path AND (
    revision IS NOT :revision OR outdated_by IS NOT :outdated_by OR (:article NOTNULL AND article IS NOT :article))"""


class Catalog:
    """Implements ``kb.ports.catalog.Catalog``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changes = 0  # made here
        self._stamps: tuple[int, Mapping[str, tuple[str, int]]] = (-1, {})  # of a version
        self._looked = (0.0, 0, 0)  # until when it holds, after how many changes, version

    def files(self) -> list[tuple[str, int, int]]:
        """(path, size, mtime_ns) of every file that was read, in order of path."""
        with self._database.read() as db:
            return db.execute(f"{_STATS} ORDER BY path").fetchall()

    def stats(self, paths: Iterable[str]) -> dict[str, tuple[int, int]]:
        """path -> (size, mtime_ns) of those among ``paths`` that were read."""
        with self._database.read() as db:
            rows = db.execute(f"{_STATS} {_AMONG}", [json.dumps(list(paths))])
            return {path: (size, mtime_ns) for path, size, mtime_ns in rows}

    def parser(self) -> str:
        """What the files were read with; ``""`` before the first time."""
        return str(self._state()[1])

    def version(self) -> int:
        """A number that grows with every change, also one made by another process."""
        return int(self._state()[0])

    def recent_version(self) -> int:
        """As ``version``, but without a look at the database for every question that is asked."""
        now, changes = time.monotonic(), self._changes
        until, after, version = self._looked
        if now >= until or after != changes:
            version = self.version()
            self._looked = now + _LOOK_EVERY, changes, version
        return version

    def apply(self, read: Iterable[FileVersion], removed: Iterable[str], parser: str) -> None:
        """Take over changed files and forget removed ones in one transaction."""
        with self._database.write() as db:
            gone = sum(db.execute("DELETE FROM article_files WHERE path = ?", [path]).rowcount for path in removed)
            before, version = _next_version(db)
            files, moved = iter(read), 0
            while some := list(islice(files, _AT_ONCE)):
                moved += _take_over(db, some, version)
            db.execute("UPDATE article_files SET changed = ? WHERE changed = 0", [version])  # the new ones
            follows = None if gone or moved else before
            db.execute("UPDATE catalog_state SET version = ?, parser = ?, follows = ?", [version, parser, follows])
        self._changes += 1

    def exported(self, article_ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The rows of articles being served, for ``take_over``; those that are served no more are left out."""
        with self._database.read() as db:
            for (row,) in db.execute(_EXPORTED, [json.dumps(list(article_ids))]):
                yield json.loads(row)

    def take_over(self, rows: Iterable[Mapping[str, Any]], gone: Iterable[str], everything: bool = False) -> None:
        """Serve what another catalog has ``exported``, and not what is ``gone``; or nothing but that."""
        with self._database.write() as db:
            if everything:
                db.execute("DELETE FROM article_files")
            for article_id in gone:
                db.execute("DELETE FROM article_files WHERE article_id = ?", [article_id])
            for row in rows:
                _copy(db, row)
            # rows keep what they were marked with where they come from, so all have to be looked at
            db.execute("UPDATE catalog_state SET version = ?, follows = NULL", [_next_version(db)[1]])
        self._changes += 1

    def records(self) -> Iterator[ArticleRecord]:
        """Every article being served, in order of id, read row by row."""
        with self._database.read() as db:
            yield from filter(None, map(_record, db.execute(_ALL)))

    def get(self, article_id: str) -> ArticleRecord | None:
        """One article being served."""
        return self.get_many([article_id]).get(article_id)

    def get_many(self, article_ids: Iterable[str], bodies: bool = True) -> dict[str, ArticleRecord]:
        """id -> article in the order asked for, without those that are not served; or each without its body."""
        wanted = list(article_ids)
        with self._database.read() as db:
            records = [_record(row, bodies) for row in db.execute(_SOME, [json.dumps(wanted)])]
        found = {record.article.id: record for record in records if record}
        return {article_id: found[article_id] for article_id in wanted if article_id in found}

    def find(self, article_id: str) -> ArticleRecord | None:
        """One article being served, by its id or by one that it had before."""
        return self.get(article_id) or self.get(self.current_id(article_id) or "")

    def current_id(self, former_id: str) -> str | None:
        """The id of the article being served that had the id ``former_id`` once."""
        with self._database.read() as db:
            row = db.execute(
                "SELECT article_id FROM former_ids JOIN served_articles USING (path) WHERE former_id = ?", [former_id]
            ).fetchone()
        return None if row is None else str(row[0])

    def renamed(self) -> dict[str, str]:
        """former id -> id of the article being served, for every id that no article has now."""
        with self._database.read() as db:
            rows = db.execute(
                """SELECT former_id, article_id FROM former_ids JOIN served_articles USING (path)
                WHERE former_id NOT IN (SELECT article_id FROM served_articles)"""
            )
            return dict(rows)

    def source(self, article_id: str) -> str | None:
        """The whole file of the version being served."""
        with self._database.read() as db:
            row = db.execute("SELECT source FROM served_articles WHERE article_id = ?", [article_id]).fetchone()
        return None if row is None else str(row[0])

    def index_revisions(self) -> dict[str, str]:
        """id -> ``ArticleRecord.index_revision`` of every published article being served."""
        with self._database.read() as db:
            return dict(
                db.execute("SELECT article_id, index_revision FROM served_articles WHERE index_revision NOTNULL")
            )

    def revisions(self) -> dict[str, tuple[str, str]]:
        """id -> (path, revision of the file) of every article being served, drafts too."""
        with self._database.read() as db:
            rows = db.execute("SELECT article_id, path, served_revision FROM served_articles")
            return {article_id: (path, revision) for article_id, path, revision in rows}

    def stamps(self) -> Mapping[str, tuple[str, int]]:
        """id -> (path, number that grows when the article is read anew) of every article being served, drafts too.

        The same object for all who ask until something changes.
        """
        known, stamps = self._stamps
        with self._database.read() as db:
            # before the look: a later change is then still to see
            version, follows = db.execute("SELECT version, follows FROM catalog_state").fetchone()
            if known == version:
                return stamps
            rows = db.execute(f"{_STAMPS} WHERE changed >= ?", [version]) if follows == known else db.execute(_STAMPS)
            found = {intern(article_id): (intern(path), changed) for article_id, path, changed in rows}
        stamps = {**stamps, **found} if follows == known else found
        self._stamps = version, stamps
        return stamps

    def problems(self) -> list[Problem]:
        """What is wrong in the files as they stand, ids used twice included."""
        with self._database.read() as db:
            noted = db.execute(
                "SELECT path, CAST(problems AS BLOB) FROM article_files WHERE problems <> '[]'"
            ).fetchall()
            twice = db.execute(
                """SELECT hidden.path, served.path, served.article_id
                FROM article_files AS hidden JOIN served_articles AS served USING (article_id)
                WHERE hidden.path <> served.path AND article_id IN
                    (SELECT article_id FROM article_files GROUP BY article_id HAVING count(*) > 1)"""
            ).fetchall()
        found = [problem for path, problems in noted for problem in _problems(path, problems) or ()]
        found += [Problem(path, 1, _duplicate(article_id, first)) for path, first, article_id in twice]
        return sorted(found)

    def damaged(self) -> list[str]:
        """Paths of the files whose row is not what was stored any more; looks at every row."""
        with self._database.read() as db:
            return [
                path
                for path, problems, article, seal in db.execute(_SUSPECT)
                if _problems(path, problems) is None or (article is not None and _is_damaged(path, article, seal))
            ]

    def indexed(self) -> str:
        """What ``mark_indexed`` was last given; ``""`` before the first time."""
        with self._database.read() as db:
            return str(db.execute("SELECT indexed FROM catalog_state").fetchone()[0])

    def mark_indexed(self, state: str) -> None:
        """Remember the state that the index was brought up to; no change of the catalog."""
        with self._database.write() as db:
            db.execute("UPDATE catalog_state SET indexed = ?", [state])

    def _state(self) -> tuple[int, str]:
        with self._database.read() as db:
            version, parser = db.execute("SELECT version, parser FROM catalog_state").fetchone()
        return version, parser


def _next_version(db: sqlite_utils.Database) -> tuple[int, int]:
    """The version before, and the next one; not just the next number: a database that takes another one's place must
    not look like it.
    """
    (before,) = db.execute("SELECT version FROM catalog_state").fetchone()
    return before, max(before + 1, epoch_ms(datetime.now(timezone.utc)))


def _copy(db: sqlite_utils.Database, row: Mapping[str, Any]) -> None:
    """Let the row of another catalog take the place of what this one has of the article, wherever its file was."""
    columns = {name: row[name] for name in _COPIED}
    db.execute("DELETE FROM article_files WHERE article_id = ? OR path = ?", [row["article_id"], row["path"]])
    # what is wrong in its file is told where the file is
    db.table("article_files").insert(columns | {"size": 0, "mtime_ns": 0, "problems": "[]"})
    for former_id in row["former_ids"]:
        db.execute("INSERT INTO former_ids VALUES (?, ?)", [former_id, row["path"]])


def _take_over(db: sqlite_utils.Database, read: Sequence[FileVersion], version: int) -> int:
    """Let the rows of some files say what was ``read``; those that change are marked with the catalog's ``version``.

    Returns how many articles have another id now: another file may have been waiting for the old one.
    """
    good = [(file, file.article) for file in read if file.article]
    moved = sum(len(db.execute(_OTHER_ID, [file.path, article.id]).fetchall()) for file, article in good)
    files = db.table("article_files")
    articles = [_file_row(file) | _article_row(file, article) for file, article in good]
    broken = [_file_row(file) for file in read if not file.article]
    for row in (*articles, *broken):
        db.execute(_MARK_CHANGED, {"version": version, "article": None, **row})
    files.upsert_all(articles, pk="path")
    files.upsert_all(broken, pk="path")  # leaves the last good version alone
    for file, article in good:
        db.execute("DELETE FROM former_ids WHERE path = ?", [file.path])
        for former_id in article.former_ids:
            db.execute("INSERT INTO former_ids VALUES (?, ?)", [former_id, file.path])
    return moved


def _file_row(file: FileVersion) -> dict[str, Any]:
    errors = [str(problem) for problem in file.problems if problem.severity == "error"]
    problems = [[problem.line, problem.message, problem.severity] for problem in file.problems]
    return {
        "path": file.path,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "revision": file.revision,
        "problems": json.dumps(problems, ensure_ascii=False),
        "outdated_by": None if file.article or not errors else errors[0],
    }


def _article_row(file: FileVersion, article: Article) -> dict[str, Any]:
    record, text = ArticleRecord(article, file.path, file.revision), dump_article(article)
    return {
        "article_id": article.id,
        "served_revision": file.revision,
        "index_revision": record.index_revision if article.status == "published" else None,
        "article": text,
        "seal": zlib.crc32(text.encode()),
        "source": file.source,
    }


def _record(row: tuple[bytes, str, str, str | None], body: bool = True) -> ArticleRecord | None:
    text, path, revision, outdated_by = row
    article = _article(path, text, body)
    # one object each for all who hold them, see ``load_article``
    return ArticleRecord(article, intern(path), revision, outdated_by) if article else None


def _article(path: str, text: bytes, body: bool = True) -> Article | None:
    """The article of a row; None when the row is damaged, which must not cost anybody the other articles."""
    try:
        return load_article(text, body)
    except (ValueError, TypeError, KeyError) as error:
        log.warning("数据库里 %s 的内容已损坏（%s），暂不提供；执行 kb index 会从文件恢复。", path, error)
        return None


def _is_damaged(path: str, text: bytes, seal: int | None) -> bool:
    """Whether an article is not what was stored; without a seal, whether it can't be read."""
    return zlib.crc32(text) != seal if seal is not None else _article(path, text) is None


def _problems(path: str, text: bytes) -> list[Problem] | None:
    """The problems of a row; None when the row is damaged."""
    try:
        return [Problem(path, *details) for details in json.loads(text)]
    except (ValueError, TypeError):
        return None


def _duplicate(article_id: str, first: str) -> str:
    return f"id“{article_id}”与 {first} 重复，本文件没有提供查询；请换一个没有用过的 id。"
