-- a
CREATE TABLE t (a INT, b INT);
CREATE INDEX i ON t (a, b);
-- b
CREATE TABLE t (a INT, b INT);
CREATE INDEX i ON t (b, a);
-- expect
-- index i · columns: a, b -> b, a
