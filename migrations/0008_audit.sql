-- Who did what, to whom, when and from where. A row is written in the transaction of the act itself; refusals, which
-- change nothing, have rows of their own, of which a flood writes only a sample and a count (`times`).
-- '' means "not known" or "nobody": no column is ever null, so that every comparison and index is a plain one.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,             -- milliseconds since 1970
    event      TEXT    NOT NULL,
    actor      TEXT    NOT NULL,             -- a userid, "cli:<os user>", "dingtalk", "system"
    corp_id    TEXT    NOT NULL DEFAULT '',
    userid     TEXT    NOT NULL DEFAULT '',  -- whom it concerns
    app        TEXT    NOT NULL DEFAULT '',
    address    TEXT    NOT NULL DEFAULT '',
    request_id TEXT    NOT NULL DEFAULT '',
    reason     TEXT    NOT NULL DEFAULT '',  -- of a refusal: the problem's word
    times      INTEGER NOT NULL DEFAULT 1,   -- of a refusal: how many such this row stands for
    detail     TEXT    NOT NULL DEFAULT '{}' -- a JSON object
) STRICT;

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_corp ON audit (corp_id, at);
CREATE INDEX audit_event ON audit (corp_id, event, at);
CREATE INDEX audit_person ON audit (userid, corp_id, at);
-- Acts on somebody else: what an administrator or a command did. A sign-in's actor is the person, whom audit_person has.
CREATE INDEX audit_actor ON audit (actor, corp_id, at) WHERE actor <> userid;
-- The number that a refused person reads out.
CREATE INDEX audit_refused ON audit (request_id) WHERE event = 'refused';

CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
