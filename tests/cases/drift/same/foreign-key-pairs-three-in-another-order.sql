-- a
CREATE TABLE p (x INT, y INT, z INT, UNIQUE (x, y, z));
CREATE TABLE t (a INT, b INT, c INT, FOREIGN KEY (c, a, b) REFERENCES p (z, x, y) ON DELETE CASCADE);
-- b
CREATE TABLE p (x INT, y INT, z INT, UNIQUE (x, y, z));
CREATE TABLE t (a INT, b INT, c INT, FOREIGN KEY (b, c, a) REFERENCES p (y, z, x) ON DELETE CASCADE);
-- expect
