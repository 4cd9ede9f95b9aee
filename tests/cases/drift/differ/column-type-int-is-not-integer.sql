-- a
CREATE TABLE t (a INT);
-- b
CREATE TABLE t (a INTEGER);
-- expect
-- column t.a · type: int -> integer
