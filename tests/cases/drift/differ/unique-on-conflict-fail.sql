-- a
CREATE TABLE t (a TEXT UNIQUE);
-- b
CREATE TABLE t (a TEXT UNIQUE ON CONFLICT FAIL);
-- expect
-- unique t(a) · on conflict: none -> fail
