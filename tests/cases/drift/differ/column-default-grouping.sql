-- a
CREATE TABLE t (a INT DEFAULT (10 - (3 - 2)));
-- b
CREATE TABLE t (a INT DEFAULT (10 - 3 - 2));
-- expect
-- column t.a · default: 10 - (3 - 2) -> 10 - 3 - 2
