-- a
CREATE TABLE t (a DEFAULT true);
-- b
CREATE TABLE t (a DEFAULT "true");
-- expect
-- column t.a · default: TRUE -> 'true'
