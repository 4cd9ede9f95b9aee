-- a
CREATE TABLE t (a INT, b INT, FOREIGN KEY (a, b) REFERENCES u (x, y));
-- b
CREATE TABLE t (a INT, b INT, FOREIGN KEY (a, b) REFERENCES u (y, x));
-- expect
-- foreign key t(a, b) · references: u(x, y) -> u(y, x)
