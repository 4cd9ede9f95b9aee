-- a
CREATE TABLE t (a TEXT, CHECK (a IN ('x', 'Y')));
-- b
CREATE TABLE t (a TEXT, CHECK ("a" IN ("x", "Y")));
-- expect
