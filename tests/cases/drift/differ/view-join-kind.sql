-- a
CREATE TABLE t (a INT);
CREATE VIEW v AS SELECT x.a FROM t x JOIN t y ON x.a = y.a;
-- b
CREATE TABLE t (a INT);
CREATE VIEW v AS SELECT x.a FROM t x LEFT JOIN t y ON x.a = y.a;
-- expect
-- view v · definition: SELECT x.a FROM t AS x JOIN t AS y ON x.a = y.a -> SELECT x.a FROM t AS x LEFT JOIN t AS y ON x.a = y.a
