-- DingTalk's access tokens and jsapi tickets, kept so that a restart asks DingTalk for nothing.
-- `key` is a digest of everything that the value belongs to (platform address, corp, app key, secret, kind):
-- a changed setting finds no old value. `first_seen_at` counts towards the ticket's 24-hour ceiling.
CREATE TABLE credentials (
    key           TEXT COLLATE "C" PRIMARY KEY,
    value         TEXT COLLATE "C" NOT NULL,
    first_seen_at BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);
