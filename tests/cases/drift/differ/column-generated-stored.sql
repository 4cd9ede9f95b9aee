-- a
CREATE TABLE t (a INT, b INT AS (a + 1));
-- b
CREATE TABLE t (a INT, b INT AS (a + 1) STORED);
-- expect
-- column t.b · generated: virtual: a + 1 -> stored: a + 1
