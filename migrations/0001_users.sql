-- Who may sign in. DingTalk vouches for a person; only a row here lets that person in.
-- A person is known by (corp_id, userid): userids are unique inside one corp only, and compare byte by byte.
CREATE TABLE users (
    id                INTEGER PRIMARY KEY,
    corp_id           TEXT    NOT NULL,
    userid            TEXT    NOT NULL,
    unionid           TEXT,
    name              TEXT    NOT NULL,
    mobile            TEXT,
    email             TEXT,
    department        TEXT,
    title             TEXT,
    role              TEXT    NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
    status            TEXT    NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
    source            TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    last_signed_in_at INTEGER,
    UNIQUE (corp_id, userid)
) STRICT;

-- A service window knows its followers by unionid.
CREATE INDEX users_by_unionid ON users (corp_id, unionid) WHERE unionid IS NOT NULL;
