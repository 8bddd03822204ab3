-- What several servers on one database do once. A single server does it in memory and writes nothing here.

-- Codes that were sent to DingTalk and states that were taken, by digest: another server refuses them. A row is kept for
-- longer than what it stands for is good.
CREATE TABLE used_once (
    digest     BLOB    PRIMARY KEY,
    expires_at INTEGER NOT NULL  -- seconds since 1970
) STRICT;

CREATE INDEX used_once_by_end ON used_once (expires_at);

-- What one server does while the others wait: asking DingTalk for a token, holding a stream of events. A server that dies
-- keeps it until `expires_at`, seconds ahead.
CREATE TABLE leases (
    name       TEXT    PRIMARY KEY,
    owner      TEXT    NOT NULL,  -- random, of one holding
    expires_at INTEGER NOT NULL  -- milliseconds since 1970, by the database's clock
) STRICT;
