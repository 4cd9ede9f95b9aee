-- a
CREATE TABLE t (a INT, CHECK (a & 0xFF = a));
-- b
CREATE TABLE t (a INT, CHECK (a & 255 = a));
-- expect
