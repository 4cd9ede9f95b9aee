-- a
CREATE TABLE t (a INT, b INT);
CREATE INDEX i ON t (a);
-- b
CREATE TABLE t (a INT, b INT);
CREATE INDEX i ON t (a, b);
-- expect
-- index i · columns: a -> a, b
