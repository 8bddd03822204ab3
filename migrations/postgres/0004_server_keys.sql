-- Keys that this deployment made for itself at its first start. `state` signs the sign-in page's state;
-- it is kept so that a restart does not break the sign-ins that are under way. No session can be made from it.
CREATE TABLE server_keys (
    name       TEXT COLLATE "C" PRIMARY KEY,
    value      BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
