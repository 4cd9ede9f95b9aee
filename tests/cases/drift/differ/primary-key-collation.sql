-- a
CREATE TABLE t (a TEXT, PRIMARY KEY (a));
-- b
CREATE TABLE t (a TEXT, PRIMARY KEY (a COLLATE NOCASE));
-- expect
-- primary key t · columns: a -> a COLLATE nocase
