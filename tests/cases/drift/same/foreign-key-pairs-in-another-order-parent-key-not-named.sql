-- a
CREATE TABLE p (x INT, y INT, PRIMARY KEY (x, y));
CREATE TABLE t (b INT, a INT, FOREIGN KEY (b, a) REFERENCES p);
-- b
CREATE TABLE p (x INT, y INT, PRIMARY KEY (x, y));
CREATE TABLE t (b INT, a INT, FOREIGN KEY (a, b) REFERENCES p (y, x));
-- expect
