-- a
CREATE TABLE t (a TEXT);
-- b
CREATE TABLE t (a TEXT DEFAULT '');
-- expect
-- column t.a · default: none -> ''
