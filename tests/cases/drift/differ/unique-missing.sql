-- a
CREATE TABLE t (a INT);
-- b
CREATE TABLE t (a INT UNIQUE);
-- expect
-- unique t(a) · columns: none -> a
-- unique t(a) · exists: none -> yes
