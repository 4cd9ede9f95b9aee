-- a
CREATE TABLE t (a INT, b INT);
-- b
CREATE TABLE t (b INT, a INT);
-- expect
-- table t · column order: a, b -> b, a
