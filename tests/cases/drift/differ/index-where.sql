-- a
CREATE TABLE t (a INT, b INT);
CREATE INDEX i ON t (a) WHERE b IS NOT NULL;
-- b
CREATE TABLE t (a INT, b INT);
CREATE INDEX i ON t (a) WHERE b IS NULL;
-- expect
-- index i · where: b IS NOT NULL -> b IS NULL
