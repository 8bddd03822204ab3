-- Each server answers from memory while its lease lasts, and renews it here (src/db/postgres/lease.rs).
CREATE TABLE servers (
    id        TEXT COLLATE "C" PRIMARY KEY,
    -- At random, so that no two are the same, also after a failover that lost some.
    renewal   BIGINT NOT NULL,
    -- The last change that the server knows of, by number and mark. Whoever revokes something waits for it.
    seen      BIGINT NOT NULL,
    seen_mark BIGINT NOT NULL
);

-- At random: after a failover that lost changes, their numbers are given again, with other marks.
ALTER TABLE session_changes ADD COLUMN mark BIGINT NOT NULL DEFAULT 0;

CREATE OR REPLACE FUNCTION number_session_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7883939749447429735);
    SELECT COALESCE(MAX(id), 0) + 1 INTO NEW.id FROM session_changes;
    NEW.mark := (random() * 9007199254740991)::BIGINT;
    -- Wakes the servers when it is committed.
    PERFORM pg_notify('miandeng_changed', '');
    RETURN NEW;
END $$;

-- Triggers see the rows of a DELETE, and nothing of a TRUNCATE: sessions would stay good in the servers' memory.
CREATE FUNCTION no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE % would end no session on the servers; use DELETE', TG_TABLE_NAME;
END $$;

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION no_truncate();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON sessions FOR EACH STATEMENT EXECUTE FUNCTION no_truncate();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON session_changes FOR EACH STATEMENT EXECUTE FUNCTION no_truncate();
