-- What DingTalk has told us of changes in its directory: written before it is acknowledged, worked on afterwards, kept for
-- some days to recognise repetitions. A row for each person concerned, so that each is worked on by itself; '' where an
-- event is about departments. Ids alone, nothing else of a person.
CREATE TABLE directory_events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    corp_id     TEXT    NOT NULL,
    event_id    TEXT    NOT NULL,            -- DingTalk's, or a digest of the event where it gives none
    userid      TEXT    NOT NULL DEFAULT '',
    event       TEXT    NOT NULL,            -- DingTalk's word, such as user_leave_org
    app         TEXT    NOT NULL,            -- by whose subscription it came
    received_at INTEGER NOT NULL,            -- milliseconds since 1970, as all times here
    due_at      INTEGER NOT NULL,            -- when it is worked on next
    attempts    INTEGER NOT NULL DEFAULT 0,
    done_at     INTEGER,
    UNIQUE (corp_id, event_id, userid)
) STRICT;

CREATE INDEX directory_events_open ON directory_events (due_at, id) WHERE done_at IS NULL;
CREATE INDEX directory_events_received ON directory_events (received_at);

-- Corps whose people must be compared with the directory, since something may have been missed.
CREATE TABLE sync_due (
    corp_id TEXT    PRIMARY KEY,
    since   INTEGER NOT NULL,                -- milliseconds since 1970, of the first reason since the last sync
    reason  TEXT    NOT NULL,                -- the last one
    reasons INTEGER NOT NULL                 -- how many: a sync settles those that it knew at its beginning
) STRICT;

-- Whether streams of events stand, as each server sees its own: for commands, and for pages of another server.
CREATE TABLE event_streams (
    app             TEXT    NOT NULL,
    server          TEXT    NOT NULL,            -- random, of one process
    connected_since INTEGER,                     -- milliseconds since 1970; NULL while no stream stands
    last_error      TEXT    NOT NULL DEFAULT '', -- why the last one ended, or did not come about
    seen_at         INTEGER NOT NULL,            -- when this was so; a server writes it each minute
    PRIMARY KEY (app, server)
) STRICT, WITHOUT ROWID;

-- Whether a run was to add people who were not in the table. Where nobody has ever asked for a sync, one that is due because
-- something may have been missed adds nobody.
ALTER TABLE sync_runs ADD COLUMN adds INTEGER NOT NULL DEFAULT 1;
