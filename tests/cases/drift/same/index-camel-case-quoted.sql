-- a
CREATE TABLE t (userId TEXT);
CREATE INDEX i ON t (userId);
-- b
CREATE TABLE t ("userId" TEXT);
CREATE INDEX i ON t ("userId");
-- expect
