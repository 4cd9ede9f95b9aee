-- a
CREATE TABLE t ("a b" TEXT COLLATE NOCASE, "c,d" TEXT);
CREATE INDEX i ON t ([A b] COLLATE "nocase", "c,d" COLLATE binary);
-- b
CREATE TABLE t ("a b" TEXT COLLATE NOCASE, "c,d" TEXT);
CREATE INDEX i ON t ("a b", "c,d");
-- expect
