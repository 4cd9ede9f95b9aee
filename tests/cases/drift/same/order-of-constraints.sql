-- a
CREATE TABLE t (a INT, b INT, UNIQUE (a), CHECK (b > 0), FOREIGN KEY (a) REFERENCES u (id));
-- b
CREATE TABLE t (a INT, b INT, FOREIGN KEY (a) REFERENCES u (id), CHECK (b > 0), UNIQUE (a));
-- expect
