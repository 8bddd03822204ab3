-- Servers that answer from memory, where several share a database (migrations/postgres/0015). A file has one, which needs
-- no row.
CREATE TABLE servers (
    id        TEXT PRIMARY KEY,
    renewal   INTEGER NOT NULL,
    seen      INTEGER NOT NULL,
    seen_mark INTEGER NOT NULL
) STRICT;

ALTER TABLE session_changes ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
