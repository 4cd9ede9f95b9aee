-- a
CREATE TABLE t (a INT, b INT, CHECK (a > 0 AND b > 0 AND a + b < 10));
-- b
CREATE TABLE t (a INT, b INT, CHECK (((a) > (0)) AND ((b > 0) AND ((a + b) < 10))));
-- expect
