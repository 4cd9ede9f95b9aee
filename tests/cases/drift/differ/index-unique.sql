-- a
CREATE TABLE t (a INT);
CREATE INDEX i ON t (a);
-- b
CREATE TABLE t (a INT);
CREATE UNIQUE INDEX i ON t (a);
-- expect
-- index i · unique: no -> yes
