-- a
CREATE TABLE t (a DEFAULT 1);
-- b
CREATE TABLE t (a DEFAULT -1);
-- expect
-- column t.a · default: 1 -> -1
