-- a
CREATE TABLE t (a INT);
CREATE TABLE u (a INT);
CREATE INDEX i ON t (a);
-- b
CREATE TABLE t (a INT);
CREATE TABLE u (a INT);
CREATE INDEX i ON u (a);
-- expect
-- index i · table: t -> u
