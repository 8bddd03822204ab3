-- A session that is good for one address alone: `miandeng doctor --probe` sends one through the operator's own proxy, to a
-- host that may be somebody else's by now. Only the gate takes it, for a question about exactly this address, for a few
-- minutes. NULL is every other session.
ALTER TABLE sessions ADD COLUMN only_for TEXT COLLATE "C";
