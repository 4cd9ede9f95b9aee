-- a
CREATE TABLE t (a TEXT);
CREATE INDEX i ON t (lower(a));
-- b
CREATE TABLE t (a TEXT);
CREATE INDEX i ON t (upper(a));
-- expect
-- index i · columns: lower(a) -> upper(a)
