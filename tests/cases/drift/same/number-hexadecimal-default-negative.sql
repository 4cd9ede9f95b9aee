-- a
CREATE TABLE t (a INT DEFAULT -0X1f);
-- b
CREATE TABLE t (a INT DEFAULT -31);
-- expect
