-- a
CREATE TABLE t (a INT, b INT);
-- b
CREATE TABLE t (a INT, b INT AS (a + 1));
-- expect
-- column t.b · generated: none -> virtual: a + 1
