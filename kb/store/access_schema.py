"""Tables of accounts, sessions, tokens, failed logins and the audit log: the text of migration 7."""

ACCESS = """
    CREATE TABLE users (
        name TEXT PRIMARY KEY,       -- folded
        display TEXT NOT NULL,
        role TEXT NOT NULL,
        owners TEXT,                 -- JSON list; NULL: all
        can_publish INTEGER NOT NULL,
        password_hash TEXT,          -- NULL: logs in elsewhere
        issuer TEXT,
        subject TEXT,
        disabled INTEGER NOT NULL,
        created INTEGER NOT NULL,    -- milliseconds since 1970, as all moments here
        last_login INTEGER,
        UNIQUE (issuer, subject)
    );
    CREATE TABLE sessions (
        key TEXT PRIMARY KEY,        -- SHA-256 of the token
        account TEXT NOT NULL REFERENCES users (name),
        created INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        browser TEXT NOT NULL,
        address TEXT NOT NULL
    );
    CREATE INDEX sessions_by_account ON sessions (account);
    CREATE TABLE tokens (
        name TEXT PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,    -- SHA-256 of the token
        role TEXT NOT NULL,
        owners TEXT,
        can_publish INTEGER NOT NULL,
        created INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        expires INTEGER,
        last_used INTEGER
    );
    CREATE TABLE login_failures (
        key TEXT PRIMARY KEY,        -- keyed hash of name and device, or of an address
        count INTEGER NOT NULL,
        last INTEGER NOT NULL
    );
    CREATE INDEX login_failures_by_time ON login_failures (last);
    CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    INSERT INTO secrets VALUES ('server', hex(randomblob(32)));
    CREATE TABLE audit_log (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        via TEXT NOT NULL,
        action TEXT NOT NULL,
        target TEXT NOT NULL,
        detail TEXT NOT NULL         -- JSON object
    );
    CREATE INDEX audit_log_by_time ON audit_log (at);
    CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER audit_log_is_not_cut BEFORE DELETE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER audit_log_is_not_replaced BEFORE INSERT ON audit_log
        WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""
