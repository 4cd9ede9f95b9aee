-- a
CREATE TABLE t (a INT);
-- b
CREATE TABLE t (a INT, b TEXT);
ALTER TABLE t DROP COLUMN b;
-- expect
