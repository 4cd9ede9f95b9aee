-- a
CREATE TABLE p (x INT, y INT, PRIMARY KEY (x, y));
CREATE TABLE t (a INT, b INT, FOREIGN KEY (a, b) REFERENCES p (x, y));
-- b
CREATE TABLE p (x INT, y INT, PRIMARY KEY (x, y));
CREATE TABLE t (a INT, b INT, FOREIGN KEY (b, a) REFERENCES p (y, x));
-- expect
