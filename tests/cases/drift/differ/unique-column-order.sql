-- a
CREATE TABLE t (a INT, b INT, UNIQUE (a, b));
-- b
CREATE TABLE t (a INT, b INT, UNIQUE (b, a));
-- expect
-- unique t(a, b) · columns: a, b -> none
-- unique t(a, b) · exists: yes -> none
-- unique t(b, a) · columns: none -> b, a
-- unique t(b, a) · exists: none -> yes
