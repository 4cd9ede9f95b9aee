-- a
CREATE TABLE t (a TEXT);
-- b
CREATE TABLE t (a TEXT COLLATE NOCASE);
-- expect
-- column t.a · collation: none -> nocase
