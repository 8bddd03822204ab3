-- What several servers on one database do once. A single server does it in memory and writes nothing here.

-- Codes that were sent to DingTalk and states that were taken, by digest: another server refuses them. A row is kept for
-- longer than what it stands for is good.
CREATE TABLE used_once (
    digest     BYTEA PRIMARY KEY,
    expires_at BIGINT NOT NULL  -- seconds since 1970
);

CREATE INDEX used_once_by_end ON used_once (expires_at);

-- What one server does while the others wait: asking DingTalk for a token, holding a stream of events. A server that dies
-- keeps it until `expires_at`, seconds ahead. Rows change each second, and room in their pages keeps them in place.
CREATE TABLE leases (
    name       TEXT COLLATE "C" PRIMARY KEY,
    owner      TEXT COLLATE "C" NOT NULL,  -- random, of one holding
    expires_at BIGINT NOT NULL  -- milliseconds since 1970, by the database's clock
) WITH (fillfactor = 50);
