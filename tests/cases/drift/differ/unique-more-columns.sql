-- a
CREATE TABLE t (a INT, b INT, UNIQUE (a));
-- b
CREATE TABLE t (a INT, b INT, UNIQUE (a, b));
-- expect
-- unique t(a) · columns: a -> none
-- unique t(a) · exists: yes -> none
-- unique t(a, b) · columns: none -> a, b
-- unique t(a, b) · exists: none -> yes
