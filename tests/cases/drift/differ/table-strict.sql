-- a
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
-- b
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT) STRICT;
-- expect
-- table t · strict: none -> yes
