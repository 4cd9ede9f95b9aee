-- a
CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b));
-- b
CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b DESC));
-- expect
-- primary key t · columns: a, b -> a, b DESC
