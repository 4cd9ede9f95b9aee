-- a
CREATE VIRTUAL TABLE s USING fts5(title);
-- b
-- expect
-- virtual table s · arguments: title -> none
-- virtual table s · exists: yes -> none
-- virtual table s · module: fts5 -> none
