-- a
CREATE TABLE t (a TEXT, UNIQUE (a));
-- b
CREATE TABLE t (a TEXT, UNIQUE (a COLLATE NOCASE));
-- expect
-- unique t(a) · columns: a -> a COLLATE nocase
