-- What ended a session or changed what it allows. Each server remembers the sessions that it has seen lately and reads
-- here which of them to forget, before its next answer. Triggers write the rows, so that no change is missed, whoever
-- makes it: this server, another one, the command line, somebody with psql.
-- Rows are numbered without gaps and in the order in which they are committed: whoever writes one holds the lock of those
-- who write (src/db/postgres/lock.rs) until the commit can be seen. Old rows are removed, never the newest, and who finds
-- a gap forgets everything.
CREATE TABLE session_changes (
    id      BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL
);

CREATE FUNCTION number_session_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7883939749447429735);
    SELECT COALESCE(MAX(id), 0) + 1 INTO NEW.id FROM session_changes;
    RETURN NEW;
END $$;

CREATE TRIGGER number_session_change BEFORE INSERT ON session_changes
    FOR EACH ROW EXECUTE FUNCTION number_session_change();

CREATE FUNCTION session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO session_changes (user_id) VALUES (OLD.user_id);
    RETURN NULL;
END $$;

CREATE TRIGGER session_ended AFTER DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION session_ended();

CREATE FUNCTION user_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM sessions WHERE user_id = NEW.id) THEN
        INSERT INTO session_changes (user_id) VALUES (NEW.id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER user_changed
    AFTER UPDATE OF corp_id, userid, unionid, name, mobile, email, department, title, role, status ON users
    FOR EACH ROW EXECUTE FUNCTION user_changed();

CREATE FUNCTION user_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO session_changes (user_id) VALUES (OLD.id);
    RETURN NULL;
END $$;

CREATE TRIGGER user_removed AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION user_removed();
