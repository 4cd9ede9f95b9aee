-- a
CREATE TABLE t (id INTEGER PRIMARY KEY);
-- b
CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);
-- expect
-- primary key t · autoincrement: none -> yes
