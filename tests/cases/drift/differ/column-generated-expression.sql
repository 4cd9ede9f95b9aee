-- a
CREATE TABLE t (a INT, b INT AS (a + 1));
-- b
CREATE TABLE t (a INT, b INT AS (a + 2));
-- expect
-- column t.b · generated: virtual: a + 1 -> virtual: a + 2
