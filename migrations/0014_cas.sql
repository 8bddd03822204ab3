-- Apps that sign people in by CAS. As with OpenID Connect (0013), whatever an app is given belongs to the session of the
-- browser that it came from and is deleted with it. A ticket is a digest only until an app has redeemed it; from then on it
-- opens nothing, and single logout names it.

CREATE TABLE cas_tickets (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id   INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    client       TEXT    NOT NULL,           -- the app's name
    ticket_hash  BLOB    NOT NULL UNIQUE,
    service      TEXT    NOT NULL,           -- the very bytes that the app sent
    logout_url   TEXT    NOT NULL,           -- where the app hears that the session has ended
    sub          TEXT    NOT NULL,           -- whom it is for, as in client_sessions
    from_sign_in INTEGER NOT NULL,           -- 1: the person had just signed in
    issued_at    INTEGER NOT NULL,           -- milliseconds since 1970
    ticket       TEXT,                       -- once it is redeemed; NULL before
    address      TEXT    NOT NULL,           -- where the person was, for the trail
    request_id   TEXT    NOT NULL
) STRICT;

CREATE INDEX cas_tickets_by_session ON cas_tickets (session_id, client);
CREATE INDEX cas_tickets_unspent ON cas_tickets (issued_at) WHERE ticket IS NULL;

-- Where an app is told, if it is not one address for all: NULL for an app that speaks OpenID Connect. A CAS app's client_id
-- is "cas:" and its name.
ALTER TABLE logout_notices ADD COLUMN address TEXT;

CREATE TRIGGER cas_ticket_end_is_told AFTER DELETE ON cas_tickets WHEN OLD.ticket IS NOT NULL BEGIN
    INSERT INTO logout_notices (client_id, sid, sub, address)
    VALUES ('cas:' || OLD.client, OLD.ticket, OLD.sub, OLD.logout_url);
END;
