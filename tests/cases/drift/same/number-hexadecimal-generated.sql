-- a
CREATE TABLE t (a INT, b INT AS (a | 0x0010));
-- b
CREATE TABLE t (a INT, b INT AS (a | 16));
-- expect
