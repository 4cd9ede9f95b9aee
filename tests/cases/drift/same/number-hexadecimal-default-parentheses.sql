-- a
CREATE TABLE t (a INT DEFAULT (0x1F));
-- b
CREATE TABLE t (a INT DEFAULT 31);
-- expect
