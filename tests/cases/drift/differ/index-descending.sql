-- a
CREATE TABLE t (a INT);
CREATE INDEX i ON t (a);
-- b
CREATE TABLE t (a INT);
CREATE INDEX i ON t (a DESC);
-- expect
-- index i · columns: a -> a DESC
