-- a
CREATE TABLE t (a TEXT, b TEXT, CONSTRAINT k CHECK (a <> "b"));
-- b
CREATE TABLE t (a TEXT, b TEXT, CONSTRAINT k CHECK (a <> 'b'));
-- expect
-- check t.k · expression: a <> b -> a <> 'b'
