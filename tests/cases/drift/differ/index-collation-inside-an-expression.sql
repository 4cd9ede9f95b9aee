-- a
CREATE TABLE t (a TEXT, b TEXT COLLATE NOCASE);
CREATE INDEX i ON t (nullif(a, b COLLATE NOCASE));
-- b
CREATE TABLE t (a TEXT, b TEXT COLLATE NOCASE);
CREATE INDEX i ON t (nullif(a, b));
-- expect
-- index i · columns: nullif(a, b COLLATE nocase) -> nullif(a, b)
