-- a
CREATE TABLE t (a TEXT, UNIQUE (a));
-- b
CREATE TABLE t (a TEXT, CONSTRAINT one_a UNIQUE (a));
-- expect
-- unique t(a) · name: none -> one_a
