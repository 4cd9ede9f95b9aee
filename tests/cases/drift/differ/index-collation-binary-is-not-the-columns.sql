-- a
CREATE TABLE t (a TEXT COLLATE NOCASE);
CREATE INDEX i ON t (a COLLATE BINARY);
-- b
CREATE TABLE t (a TEXT COLLATE NOCASE);
CREATE INDEX i ON t (a);
-- expect
-- index i · columns: a COLLATE binary -> a
