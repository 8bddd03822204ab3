-- "Open in browser": a link by which a person who is signed in takes the session's rights to another browser, once and
-- within seconds. Only the link's SHA-256 is kept. It dies with the session that made it, and a session has one at most.
CREATE TABLE handovers (
    token_hash BYTEA PRIMARY KEY,
    session_id BIGINT NOT NULL UNIQUE REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);
