-- a
CREATE TABLE t (a TEXT, CONSTRAINT k CHECK (a IN ('x', 'Y')));
-- b
CREATE TABLE t (a TEXT, CONSTRAINT k CHECK (a IN ('x', 'y')));
-- expect
-- check t.k · expression: a IN ('x', 'Y') -> a IN ('x', 'y')
