"""How the schema came to be, step by step. A step that exists never changes; the next one mends it.

A test knows the text of every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import NamedTuple

import sqlite_utils

from kb.errors import StoreError
from kb.store.access_schema import ACCESS
from kb.store.sharing_schema import FOLLOWED, FOLLOWED_MODEL, SPOOL


class Migration(NamedTuple):
    """One step; numbers count up from 1 without gaps."""

    number: int
    name: str
    sql: str


MIGRATIONS = (
    Migration(
        1,
        "catalog",
        """
        CREATE TABLE article_files (
            path TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            revision TEXT NOT NULL,      -- of the file as it stands
            problems TEXT NOT NULL,      -- JSON: [[line, message, severity], ...]
            article_id TEXT,             -- from here on: the last good version, NULL when there never was one
            served_revision TEXT,
            index_revision TEXT,         -- NULL unless published
            outdated_by TEXT,            -- what keeps a newer version from being served
            article TEXT,                -- JSON
            source TEXT
        );
        CREATE INDEX article_files_by_id ON article_files (article_id, path);
        CREATE VIEW served_articles AS
            SELECT * FROM article_files AS file
            WHERE article_id IS NOT NULL
            AND path = (SELECT min(path) FROM article_files WHERE article_id = file.article_id);
        CREATE TABLE catalog_state (version INTEGER NOT NULL, parser TEXT NOT NULL, indexed TEXT NOT NULL);
        INSERT INTO catalog_state VALUES (0, '', '');
        """,
    ),
    Migration(
        2,
        "query log",
        """
        CREATE TABLE searches (
            id INTEGER PRIMARY KEY,
            started INTEGER NOT NULL,    -- first keystroke, milliseconds since 1970
            at INTEGER NOT NULL,         -- latest keystroke
            agent TEXT NOT NULL,
            query TEXT NOT NULL,
            normalized TEXT NOT NULL,
            masked INTEGER NOT NULL,     -- whether the query held a personal number
            filters TEXT NOT NULL,       -- JSON object
            channel TEXT,
            n_hits INTEGER NOT NULL,
            took_ms REAL NOT NULL,
            fallback TEXT,
            generation TEXT NOT NULL,
            settled INTEGER NOT NULL
        );
        CREATE INDEX searches_by_agent ON searches (agent, at);
        CREATE INDEX searches_by_time ON searches (at);
        """,
    ),
    Migration(
        3,
        "events",
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,         -- milliseconds since 1970
            kind TEXT NOT NULL,
            article_id TEXT NOT NULL,
            agent TEXT NOT NULL,
            query TEXT,
            position INTEGER,
            ms REAL,
            stale INTEGER NOT NULL,
            note TEXT
        );
        CREATE INDEX events_by_time ON events (at, article_id, kind);
        """,
    ),
    Migration(
        4,
        "faq snapshots",
        """
        CREATE TABLE faq_snapshots (
            id INTEGER PRIMARY KEY,
            as_of INTEGER NOT NULL,      -- milliseconds since 1970
            ranking TEXT NOT NULL        -- JSON: [[article id, score], ...]
        );
        """,
    ),
    Migration(
        5,
        "knowledge gaps",
        """
        CREATE TABLE gaps (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,         -- milliseconds since 1970
            query TEXT NOT NULL,
            note TEXT,
            agent TEXT NOT NULL,
            channel TEXT,
            product TEXT                 -- slug
        );
        CREATE INDEX gaps_by_agent ON gaps (agent, at);
        CREATE INDEX gaps_by_time ON gaps (at);
        """,
    ),
    Migration(
        6,
        "learning from use",
        """
        ALTER TABLE events ADD COLUMN origin TEXT NOT NULL DEFAULT '';  -- keyed hash of the sender's address
        ALTER TABLE events ADD COLUMN asked TEXT;  -- letters of the query, folded; NULL: none, or personal
        CREATE INDEX events_by_question ON events (asked, at) WHERE asked IS NOT NULL;
        CREATE TABLE sender_key (key TEXT NOT NULL);
        INSERT INTO sender_key VALUES (hex(randomblob(32)));
        CREATE TABLE learned_questions (
            asked TEXT NOT NULL,
            article_id TEXT NOT NULL,
            text TEXT NOT NULL,          -- the wording used most
            strength REAL NOT NULL,
            people INTEGER NOT NULL,
            picks INTEGER NOT NULL,
            last TEXT NOT NULL,          -- day, YYYY-MM-DD
            PRIMARY KEY (asked, article_id)
        );
        CREATE TABLE learning_verdicts (
            asked TEXT NOT NULL,
            article_id TEXT NOT NULL,
            text TEXT NOT NULL,
            accepted INTEGER NOT NULL,
            user TEXT NOT NULL,
            at INTEGER NOT NULL,         -- milliseconds since 1970
            PRIMARY KEY (asked, article_id)
        );
        """,
    ),
    Migration(7, "access", ACCESS),
    Migration(
        8,
        "history and drafts",
        """
        CREATE TABLE sources (
            revision TEXT PRIMARY KEY,   -- SHA-256 of the file
            source BLOB NOT NULL         -- UTF-8, zlib
        ) WITHOUT ROWID;
        CREATE TABLE revisions (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            article_id TEXT NOT NULL,
            path TEXT NOT NULL,
            revision TEXT NOT NULL,      -- '': the article was removed
            at INTEGER NOT NULL,         -- milliseconds since 1970
            author TEXT NOT NULL,
            origin TEXT NOT NULL,
            action TEXT NOT NULL,
            note TEXT NOT NULL,
            confirmed INTEGER NOT NULL   -- 0: written down before the file was changed
        );
        CREATE INDEX revisions_by_article ON revisions (article_id, number);
        CREATE TABLE revision_heads (    -- what the catalog had of an article when it was last compared
            article_id TEXT PRIMARY KEY,
            number INTEGER NOT NULL REFERENCES revisions
        ) WITHOUT ROWID;
        CREATE TABLE drafts (
            article_id TEXT PRIMARY KEY,
            path TEXT NOT NULL,          -- where the file is, or will be
            base TEXT NOT NULL,          -- revision of the file that it was made from, '' for none
            revision TEXT NOT NULL,
            source TEXT NOT NULL,
            author TEXT NOT NULL,
            at INTEGER NOT NULL,         -- milliseconds since 1970
            note TEXT NOT NULL
        );
        CREATE TABLE former_ids (
            former_id TEXT NOT NULL,
            path TEXT NOT NULL REFERENCES article_files ON DELETE CASCADE,
            PRIMARY KEY (former_id, path)
        ) WITHOUT ROWID;
        """,
    ),
    Migration(
        9,
        "verdicts on knowledge gaps",
        """
        CREATE TABLE gap_verdicts (
            asked TEXT PRIMARY KEY,      -- letters of the wording, folded
            text TEXT NOT NULL,
            article_id TEXT,             -- what answers it; NULL: nothing should
            added INTEGER NOT NULL,      -- whether the wording went into the article's file
            user TEXT NOT NULL,
            at INTEGER NOT NULL          -- milliseconds since 1970
        );
        """,
    ),
    Migration(
        10,
        "reviews",
        """
        CREATE TABLE reviews (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,         -- milliseconds since 1970
            article_id TEXT NOT NULL,
            verdict TEXT NOT NULL,
            user TEXT NOT NULL,
            via TEXT NOT NULL,
            note TEXT NOT NULL,
            revision TEXT NOT NULL,      -- of the file that the reviewer saw
            written INTEGER,             -- number of the revision that says it in the file; NULL: no file is changed
            undoes INTEGER REFERENCES reviews,  -- this row takes that one back
            given INTEGER NOT NULL,      -- 0: written down before the file was changed
            completed INTEGER            -- when a scan did that in place of a killed program; NULL: nobody had to
        );
        CREATE INDEX reviews_by_article ON reviews (article_id, id);
        CREATE INDEX reviews_by_time ON reviews (at);
        CREATE INDEX reviews_by_written ON reviews (written) WHERE written NOTNULL;
        CREATE INDEX reviews_by_undone ON reviews (undoes) WHERE undoes NOTNULL;
        CREATE VIEW standing_reviews AS
            SELECT * FROM reviews AS review
            WHERE given AND undoes IS NULL
            AND NOT EXISTS (SELECT 1 FROM reviews AS later WHERE later.undoes = review.id AND later.given);
        """,
    ),
    Migration(
        11,
        "which articles have changed",
        """
        ALTER TABLE article_files ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;  -- catalog version that brought it
        """,
    ),
    Migration(
        12,
        "signals for reviewers",
        """
        CREATE TABLE readings (          -- what each article says, as far as it can speak against one
            article_id TEXT PRIMARY KEY,
            state TEXT NOT NULL,         -- what it was read from
            verified TEXT,               -- YYYY-MM-DD
            vouched_at INTEGER,          -- since when the history has that, milliseconds since 1970
            said TEXT NOT NULL           -- JSON object
        );
        CREATE TABLE findings (          -- what follows from them
            article_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            evidence TEXT NOT NULL,
            since TEXT NOT NULL,         -- YYYY-MM-DD
            at INTEGER                   -- milliseconds since 1970; NULL: only the day is known
        );
        CREATE TABLE findings_state (examined TEXT NOT NULL);  -- what of catalog and history the findings hold for
        INSERT INTO findings_state VALUES ('');
        CREATE INDEX events_outdated ON events (at) WHERE kind = 'outdated';
        CREATE INDEX events_copied_stale ON events (article_id, at) WHERE kind = 'copy' AND stale;
        """,
    ),
    Migration(
        13,
        "weekly snapshots",
        """
        CREATE TABLE weekly_snapshots (
            week TEXT PRIMARY KEY,       -- ISO, 2026-W47
            made_at INTEGER NOT NULL,    -- milliseconds since 1970
            figures TEXT NOT NULL,       -- JSON, as kb.shapes.reports has it: what trends show
            report TEXT NOT NULL         -- JSON: the rest of the report
        ) WITHOUT ROWID;
        """,
    ),
    Migration(
        14,
        "reminders",
        """
        CREATE TABLE notices (
            week TEXT NOT NULL,          -- ISO, 2026-W47
            owner TEXT NOT NULL,
            channel TEXT NOT NULL,       -- SHA-256 of the address
            part INTEGER NOT NULL,
            title TEXT NOT NULL,
            text TEXT NOT NULL,          -- '' once it was sent
            state TEXT NOT NULL,
            at INTEGER NOT NULL,         -- milliseconds since 1970
            trouble TEXT NOT NULL,
            PRIMARY KEY (week, owner, channel, part)
        ) WITHOUT ROWID;
        CREATE TABLE confirm_links (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            article_id TEXT NOT NULL,
            revision TEXT NOT NULL,      -- of the file that the link is for
            reviewer TEXT NOT NULL,      -- name of an account
            expires INTEGER NOT NULL,    -- milliseconds since 1970
            used INTEGER
        );
        """,
    ),
    Migration(
        15,
        "what takes one look at every article takes no look at its text",
        """
        DROP INDEX article_files_by_id;
        CREATE INDEX article_files_served
            ON article_files (article_id, path, served_revision, index_revision, changed);
        CREATE INDEX article_files_stamps ON article_files (path, size, mtime_ns);
        CREATE INDEX article_files_changed ON article_files (changed);
        CREATE INDEX article_files_problems ON article_files (path) WHERE problems <> '[]';
        ALTER TABLE article_files ADD COLUMN seal INTEGER;  -- CRC-32 of article; NULL: written before there were seals
        UPDATE catalog_state SET parser = '';               -- so that all files are read again and sealed
        CREATE TABLE history_state (settled TEXT NOT NULL); -- what of catalog and heads agreed at the last comparison
        INSERT INTO history_state VALUES ('');
        """,
    ),
    Migration(
        16,
        "what an edit changed is told without a look at every article",
        """
        -- the version before, if nothing but rows marked with this one is other than then: no article went, no id moved
        ALTER TABLE catalog_state ADD COLUMN follows INTEGER;
        """,
    ),
    Migration(17, "several machines", FOLLOWED),
    Migration(18, "what happens on search nodes", SPOOL),
    Migration(19, "whose vectors a search node takes over", FOLLOWED_MODEL),
)


def migrate(db: sqlite_utils.Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Apply what is missing, each step in a transaction of its own; safe when two processes start at once.

    Raises StoreError when a newer version of the program wrote the database.
    """
    for migration in migrations:
        if schema_number(db) >= migration.number:
            continue
        db.execute("BEGIN IMMEDIATE")
        try:
            if schema_number(db) < migration.number:  # nobody did it while this process waited for the lock
                _apply(db, migration)
            db.commit()
        except BaseException:
            db.rollback()
            raise
    newest = migrations[-1].number
    if (found := schema_number(db)) > newest:
        raise StoreError(
            f"数据库由更新的版本写成（结构 {found}，本程序只认识到 {newest}）。"
            "请升级程序，或换回升级前备份的数据库文件。"
        )


def schema_number(db: sqlite_utils.Database) -> int:
    """The number of the latest step applied; 0 for an empty database."""
    if not db.table("migrations").exists():
        return 0
    (number,) = db.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()
    return int(number)


def _apply(db: sqlite_utils.Database, migration: Migration) -> None:
    db.execute(
        """CREATE TABLE IF NOT EXISTS migrations
        (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"""
    )
    db.executescript(migration.sql)
    applied_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    db.execute("INSERT INTO migrations VALUES (?, ?, ?)", [migration.number, migration.name, applied_at])
