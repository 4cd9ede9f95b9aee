-- a
CREATE TABLE t (id INT NOT NULL PRIMARY KEY);
-- b
CREATE TABLE t (id INT NOT NULL PRIMARY KEY) WITHOUT ROWID;
-- expect
-- table t · without rowid: none -> yes
