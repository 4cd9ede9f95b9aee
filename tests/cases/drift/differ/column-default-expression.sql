-- a
CREATE TABLE t (a INT DEFAULT (unixepoch()));
-- b
CREATE TABLE t (a INT DEFAULT (unixepoch() * 1000));
-- expect
-- column t.a · default: unixepoch() -> unixepoch() * 1000
