-- a
CREATE TABLE t (id INTEGER PRIMARY KEY);
-- b
CREATE TABLE t (id INT PRIMARY KEY);
-- expect
-- column t.id · type: integer -> int
-- primary key t · rowid alias: yes -> none
