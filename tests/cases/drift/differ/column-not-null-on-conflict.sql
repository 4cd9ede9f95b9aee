-- a
CREATE TABLE t (a TEXT NOT NULL);
-- b
CREATE TABLE t (a TEXT NOT NULL ON CONFLICT REPLACE);
-- expect
-- column t.a · not null on conflict: none -> replace
