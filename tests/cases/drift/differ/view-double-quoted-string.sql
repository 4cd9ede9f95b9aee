-- a
CREATE TABLE t (a TEXT);
CREATE VIEW v AS SELECT a FROM t WHERE a = "Active";
-- b
CREATE TABLE t (a TEXT);
CREATE VIEW v AS SELECT a FROM t WHERE a = "active";
-- expect
-- view v · definition: SELECT a FROM t WHERE a = "Active" -> SELECT a FROM t WHERE a = active
