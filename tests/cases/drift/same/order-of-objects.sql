-- a
CREATE TABLE t (a INT);
CREATE TABLE u (b INT);
CREATE INDEX i ON t (a);
CREATE INDEX j ON u (b);
-- b
CREATE TABLE u (b INT);
CREATE INDEX j ON u (b);
CREATE TABLE t (a INT);
CREATE INDEX i ON t (a);
-- expect
