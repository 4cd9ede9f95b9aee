-- a
CREATE TABLE t (a DEFAULT 0);
-- b
CREATE TABLE t (a DEFAULT '0');
-- expect
-- column t.a · default: 0 -> '0'
