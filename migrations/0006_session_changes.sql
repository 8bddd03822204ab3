-- What ended a session or changed what it allows. Each server remembers the sessions that it has seen lately and reads
-- here which of them to forget, before its next answer. Triggers write the rows, so that no change is missed, whoever
-- makes it: this server, another one, the command line, somebody with SQLite's own shell.
-- Rows are numbered without gaps; old ones are removed, and who finds a gap forgets everything.
CREATE TABLE session_changes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL
) STRICT;

CREATE TRIGGER session_ended AFTER DELETE ON sessions BEGIN
    INSERT INTO session_changes (user_id) VALUES (OLD.user_id);
END;

CREATE TRIGGER user_changed AFTER UPDATE OF corp_id, userid, unionid, name, mobile, email, department, title, role, status
ON users WHEN EXISTS (SELECT 1 FROM sessions WHERE user_id = NEW.id) BEGIN
    INSERT INTO session_changes (user_id) VALUES (NEW.id);
END;

CREATE TRIGGER user_removed AFTER DELETE ON users BEGIN
    INSERT INTO session_changes (user_id) VALUES (OLD.id);
END;
