-- a
CREATE TABLE t (a INT DEFAULT 0x1F);
-- b
CREATE TABLE t (a INT DEFAULT 0x20);
-- expect
-- column t.a · default: 31 -> 32
