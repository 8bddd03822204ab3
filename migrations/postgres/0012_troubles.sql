-- What has gone wrong lately with sign-ins: `doctor` runs in a process of its own, and much is seen by clients alone.

CREATE TABLE troubles (
    app      TEXT COLLATE "C" NOT NULL,  -- its name in the settings; empty where the request meant none
    trouble  TEXT COLLATE "C" NOT NULL,  -- the catalogue's entry, such as 'errcode:52013'
    times    BIGINT NOT NULL,  -- since the last day without any
    last_at  BIGINT NOT NULL,  -- seconds since 1970
    evidence TEXT COLLATE "C" NOT NULL DEFAULT '',  -- a JSON value: what the last message told beyond its code
    PRIMARY KEY (app, trouble)
);
