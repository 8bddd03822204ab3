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
    -- Whoever commits it waits for the servers to know of it; they are woken when it is committed.
    PERFORM set_config('miandeng.changed', NEW.id::TEXT, TRUE);
    PERFORM pg_notify('miandeng_changed', '');
    RETURN NEW;
END $$;
