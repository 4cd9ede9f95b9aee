-- a
CREATE TABLE t (id INTEGER PRIMARY KEY);
-- b
CREATE TABLE t (id INTEGER PRIMARY KEY DESC);
-- expect
-- primary key t · columns: id -> id DESC
-- primary key t · rowid alias: yes -> none
