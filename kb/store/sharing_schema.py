"""Tables of one of several machines: the text of migrations 17 and 18."""

#: on a search node: its copy
FOLLOWED = """
    CREATE TABLE followed (          -- what of the cluster the copy has, no row: nothing yet
        origin TEXT NOT NULL,
        version INTEGER NOT NULL
    );
    CREATE TABLE followed_habits (habits TEXT NOT NULL);  -- JSON: [{article id: uses}, [[query, times], ...]]
"""

#: copies from before begin anew: they don't know what the writer has published of its model
FOLLOWED_MODEL = """
    CREATE TABLE followed_model (fingerprint TEXT NOT NULL);  -- of the model whose vectors the writer makes; '': none
    DELETE FROM followed;
"""

#: on a search node: what agents do there, until the cluster has it; on the writer: what it has of that
SPOOL = """
    CREATE TABLE spool (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        body TEXT NOT NULL           -- JSON object
    );
    CREATE TABLE spool_name (name TEXT NOT NULL);
    INSERT INTO spool_name VALUES (lower(hex(randomblob(8))));
    CREATE TABLE drained (
        spool TEXT PRIMARY KEY,
        number INTEGER NOT NULL      -- of the last entry that was taken over
    ) WITHOUT ROWID;
"""
