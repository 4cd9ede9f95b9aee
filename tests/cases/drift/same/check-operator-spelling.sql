-- a
CREATE TABLE t (a INT, CHECK (a = 1 OR a <> 2 OR a IS NOT NULL));
-- b
CREATE TABLE t (a INT, CHECK (a == 1 or a != 2 or a NOTNULL));
-- expect
