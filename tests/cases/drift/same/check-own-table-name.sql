-- a
CREATE TABLE t (a INT, CHECK (a > 0));
-- b
CREATE TABLE t (a INT, CHECK ("t"."a" > 0));
-- expect
