-- a
CREATE TABLE t (a INT UNIQUE, b INT);
-- b
CREATE TABLE t (a INT, b INT, UNIQUE (a));
-- expect
