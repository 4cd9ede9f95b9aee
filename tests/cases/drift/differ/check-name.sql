-- a
CREATE TABLE t (a INT, CONSTRAINT Positive CHECK (a > 0));
-- b
CREATE TABLE t (a INT, CONSTRAINT positive CHECK (a > 0));
-- expect
-- check t.positive · name: Positive -> positive
