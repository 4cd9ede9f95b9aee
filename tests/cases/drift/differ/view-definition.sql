-- a
CREATE TABLE t (a INT);
CREATE VIEW v AS SELECT a FROM t WHERE a > 1;
-- b
CREATE TABLE t (a INT);
CREATE VIEW v AS SELECT a FROM t WHERE a > 2;
-- expect
-- view v · definition: SELECT a FROM t WHERE a > 1 -> SELECT a FROM t WHERE a > 2
