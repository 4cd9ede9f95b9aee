-- a
CREATE TABLE t (a TEXT UNIQUE);
-- b
CREATE TABLE t (a TEXT UNIQUE ON CONFLICT ROLLBACK);
-- expect
-- unique t(a) · on conflict: none -> rollback
