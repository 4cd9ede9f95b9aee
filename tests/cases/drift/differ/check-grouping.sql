-- a
CREATE TABLE t (a INT, b INT, c INT, CONSTRAINT k CHECK ((a OR b) AND c));
-- b
CREATE TABLE t (a INT, b INT, c INT, CONSTRAINT k CHECK (a OR b AND c));
-- expect
-- check t.k · expression: (a OR b) AND c -> a OR b AND c
