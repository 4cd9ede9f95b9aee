-- a
CREATE TABLE t (a INT CHECK (a > 0));
-- b
CREATE TABLE t (a INT CHECK (a > 1));
-- expect
-- check t.a > 0 · exists: yes -> none
-- check t.a > 0 · expression: a > 0 -> none
-- check t.a > 1 · exists: none -> yes
-- check t.a > 1 · expression: none -> a > 1
