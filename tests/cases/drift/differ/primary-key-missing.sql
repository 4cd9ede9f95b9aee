-- a
CREATE TABLE t (id INTEGER);
-- b
CREATE TABLE t (id INTEGER PRIMARY KEY);
-- expect
-- primary key t · columns: none -> id
-- primary key t · exists: none -> yes
-- primary key t · rowid alias: none -> yes
