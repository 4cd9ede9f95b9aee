-- a
CREATE TABLE t (a INT, CONSTRAINT positive CHECK (a > 0));
-- b
CREATE TABLE t (a INT, CONSTRAINT positive CHECK (a >= 0));
-- expect
-- check t.positive · expression: a > 0 -> a >= 0
