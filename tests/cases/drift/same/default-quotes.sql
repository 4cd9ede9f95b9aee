-- a
CREATE TABLE t (a TEXT DEFAULT 'x', b INT DEFAULT true);
-- b
CREATE TABLE t (a TEXT DEFAULT "x", b INT DEFAULT (TRUE));
-- expect
