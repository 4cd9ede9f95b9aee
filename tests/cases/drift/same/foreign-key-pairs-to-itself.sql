-- a
CREATE TABLE t (a INT, b INT, x INT, y INT, PRIMARY KEY (y, x), FOREIGN KEY (b, a) REFERENCES t);
-- b
CREATE TABLE t (a INT, b INT, x INT, y INT, PRIMARY KEY (y, x), FOREIGN KEY (a, b) REFERENCES t (x, y));
-- expect
