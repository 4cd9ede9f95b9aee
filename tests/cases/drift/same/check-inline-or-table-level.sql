-- a
CREATE TABLE t (a INT CONSTRAINT k CHECK (a > 0), b INT);
-- b
CREATE TABLE t (a INT, b INT, CONSTRAINT k CHECK (a > 0));
-- expect
