-- a
CREATE TABLE t (a TEXT UNIQUE);
-- b
CREATE TABLE t (a TEXT);
CREATE UNIQUE INDEX t_a ON t (a);
-- expect
-- index t_a · columns: none -> a
-- index t_a · exists: none -> yes
-- index t_a · table: none -> t
-- index t_a · unique: none -> yes
-- unique t(a) · columns: a -> none
-- unique t(a) · exists: yes -> none
