-- The version of the contract that a value was kept in; 0 where nobody noted it.
ALTER TABLE history ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
