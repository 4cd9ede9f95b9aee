-- a
CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b));
-- b
CREATE TABLE t (a INT, b INT, PRIMARY KEY (b, a));
-- expect
-- primary key t · columns: a, b -> b, a
