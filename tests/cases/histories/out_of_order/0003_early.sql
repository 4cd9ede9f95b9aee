ALTER TABLE a ADD COLUMN early TEXT;
CREATE INDEX idx_a_early ON a (early);
