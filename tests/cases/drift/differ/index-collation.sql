-- a
CREATE TABLE t (a TEXT);
CREATE INDEX i ON t (a);
-- b
CREATE TABLE t (a TEXT);
CREATE INDEX i ON t (a COLLATE NOCASE);
-- expect
-- index i · columns: a -> a COLLATE nocase
