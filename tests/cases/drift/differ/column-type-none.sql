-- a
CREATE TABLE t (a);
-- b
CREATE TABLE t (a BLOB);
-- expect
-- column t.a · type: (empty) -> blob
