-- a
CREATE TABLE t (a INT);
CREATE INDEX i ON t (a) WHERE a > 0x7fffffffffffffff;
-- b
CREATE TABLE t (a INT);
CREATE INDEX i ON t (a) WHERE a > 9223372036854775807;
-- expect
