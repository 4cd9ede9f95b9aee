-- a
CREATE TABLE t (a INT);
CREATE INDEX i ON t (a) WHERE a > 0;
-- b
CREATE TABLE t (a INT);
CREATE INDEX i ON t (a);
-- expect
-- index i · where: a > 0 -> none
