-- a
CREATE TABLE p (x INT, y INT, PRIMARY KEY (x, y));
CREATE TABLE t (a INT, b INT, FOREIGN KEY (a, b) REFERENCES p);
-- b
CREATE TABLE p (x INT, y INT, PRIMARY KEY (x, y));
CREATE TABLE t (a INT, b INT, FOREIGN KEY (b, a) REFERENCES p);
-- expect
-- foreign key t(a, b) · references: p(x, y) -> p(y, x)
