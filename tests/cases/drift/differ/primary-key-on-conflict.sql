-- a
CREATE TABLE t (id TEXT PRIMARY KEY);
-- b
CREATE TABLE t (id TEXT PRIMARY KEY ON CONFLICT REPLACE);
-- expect
-- primary key t · on conflict: none -> replace
