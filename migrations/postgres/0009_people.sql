-- Why somebody is disabled: 'left' (DingTalk), 'admin' (a page), 'import', 'cli', or '' for whoever is active or was
-- disabled before this column. Only 'left' is undone when the person returns.
ALTER TABLE users ADD COLUMN disabled_because TEXT COLLATE "C" NOT NULL DEFAULT '';

-- What somebody is searched by: name, userid, departments, and the name's readings and initials in pinyin, in lower case.
-- Written with the row; '' where it was not computed yet, which the server catches up on when it starts.
ALTER TABLE users ADD COLUMN search TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Pages of a hundred thousand people in each order that is offered (that of userids is the table's own key). That of names
-- has no index: a name may be longer than an entry of one, and PostgreSQL would refuse the row.
CREATE INDEX users_by_change ON users (corp_id, updated_at, userid);
CREATE INDEX users_by_sign_in ON users (corp_id, last_signed_in_at, userid);

-- A remembered session shows whether a person may sign in, never why not, nor how the person is searched: the trigger
-- user_changed (0006) needs neither column.
