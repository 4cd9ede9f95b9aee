-- a
CREATE TABLE t (a TEXT);
-- b
CREATE TABLE t (a INTEGER);
-- expect
-- column t.a · type: text -> integer
