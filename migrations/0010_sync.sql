-- Bringing the user table into line with DingTalk's directory (`miandeng users sync`, `sync_every`).

-- Which process may do it for a corp right now. A process that dies keeps it until `expires_at`, seconds ahead.
CREATE TABLE sync_leases (
    corp_id    TEXT    PRIMARY KEY,
    owner      TEXT    NOT NULL,  -- random, of one run
    actor      TEXT    NOT NULL,
    expires_at INTEGER NOT NULL   -- milliseconds since 1970
) STRICT;

-- The last runs, for people to look at. The trail keeps what they did to whom.
CREATE TABLE sync_runs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    corp_id     TEXT    NOT NULL,
    app         TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    started_at  INTEGER NOT NULL,            -- milliseconds since 1970
    finished_at INTEGER NOT NULL,
    departments INTEGER NOT NULL,
    people      INTEGER NOT NULL,
    plan        TEXT    NOT NULL,            -- a JSON object of counts
    applied     INTEGER NOT NULL,
    refused     TEXT    NOT NULL DEFAULT '', -- a JSON value: why nobody was disabled
    scope       TEXT    NOT NULL DEFAULT ''  -- the departments that the app was allowed to see
) STRICT;

CREATE INDEX sync_runs_by_corp ON sync_runs (corp_id, id);

-- DingTalk's number of each department beside the path that people of it have in `users`: after a renaming the number says
-- which path has become which.
CREATE TABLE departments (
    corp_id TEXT    NOT NULL,
    dept_id INTEGER NOT NULL,
    path    TEXT    NOT NULL,
    PRIMARY KEY (corp_id, dept_id)
) STRICT, WITHOUT ROWID;
