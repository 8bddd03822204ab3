-- Apps that sign people in by OpenID Connect. Whatever an app is given belongs to the session of the browser that it came
-- from and is deleted with it, by whomever that ends. Codes and tokens are digests only: a stolen file opens nothing.

-- In which sessions an app has a part. `sid` is what the app calls the session; `sub` what it calls the person, as it was
-- told, since the person's row may be gone by the time the end is told.
CREATE TABLE client_sessions (
    session_id   INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    client_id    TEXT    NOT NULL,
    sid          TEXT    NOT NULL UNIQUE,
    sub          TEXT    NOT NULL,
    signed_in_at INTEGER,                 -- when the app first redeemed a code; NULL before
    PRIMARY KEY (session_id, client_id)
) STRICT, WITHOUT ROWID;

-- One authorization code, and the refresh tokens that come of it.
CREATE TABLE oidc_grants (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id     INTEGER NOT NULL,
    client_id      TEXT    NOT NULL,
    code_hash      BLOB    NOT NULL UNIQUE,
    redirect_uri   TEXT    NOT NULL,
    code_challenge TEXT    NOT NULL DEFAULT '', -- S256; '' without
    scope          TEXT    NOT NULL,
    nonce          TEXT,
    auth_time      INTEGER NOT NULL,
    issued_at      INTEGER NOT NULL,
    spent_at       INTEGER,                     -- when the code was redeemed
    family_hash    BLOB UNIQUE,                 -- what all refresh tokens of it have in common
    refresh_hash   BLOB,                        -- the one of them that is good
    address        TEXT    NOT NULL,            -- where the person was, for the trail
    request_id     TEXT    NOT NULL,
    FOREIGN KEY (session_id, client_id) REFERENCES client_sessions (session_id, client_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX oidc_grants_by_session ON oidc_grants (session_id, client_id);

CREATE TABLE oidc_access_tokens (
    token_hash BLOB    PRIMARY KEY,
    grant_id   INTEGER NOT NULL REFERENCES oidc_grants (id) ON DELETE CASCADE,
    scope      TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX oidc_access_tokens_by_grant ON oidc_access_tokens (grant_id);
CREATE INDEX oidc_access_tokens_by_end ON oidc_access_tokens (expires_at);

-- Ended sessions that apps are still to be told of (back-channel logout). The trigger writes them, so that no end is missed,
-- whoever brings it about.
CREATE TABLE logout_notices (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id TEXT    NOT NULL,
    sid       TEXT    NOT NULL,
    sub       TEXT    NOT NULL,
    due_at    INTEGER NOT NULL DEFAULT 0, -- milliseconds since 1970; 0: at once
    attempts  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX logout_notices_due ON logout_notices (client_id, due_at);

CREATE TRIGGER session_end_is_told BEFORE DELETE ON sessions BEGIN
    INSERT INTO logout_notices (client_id, sid, sub)
    SELECT client_id, sid, sub FROM client_sessions WHERE session_id = OLD.id AND signed_in_at IS NOT NULL;
END;

-- A person who signs in anew goes on with the session under another token (`sessions::renew`).
CREATE TRIGGER session_renewed AFTER UPDATE OF token_hash, created_at ON sessions BEGIN
    INSERT INTO session_changes (user_id) VALUES (NEW.user_id);
END;
