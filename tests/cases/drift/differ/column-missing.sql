-- a
CREATE TABLE t (a INT, b TEXT);
-- b
CREATE TABLE t (a INT);
-- expect
-- column t.b · exists: yes -> none
-- column t.b · not null: no -> none
-- column t.b · spelling: b -> none
-- column t.b · type: text -> none
-- table t · column order: a, b -> a
