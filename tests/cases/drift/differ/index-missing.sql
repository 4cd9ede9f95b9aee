-- a
CREATE TABLE t (a INT);
CREATE INDEX i ON t (a);
-- b
CREATE TABLE t (a INT);
-- expect
-- index i · columns: a -> none
-- index i · exists: yes -> none
-- index i · table: t -> none
-- index i · unique: no -> none
