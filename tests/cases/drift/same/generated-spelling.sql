-- a
CREATE TABLE t (a INT, b INT AS (a + 1));
-- b
CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS ((a) + 1) VIRTUAL);
-- expect
