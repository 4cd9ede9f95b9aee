-- a
CREATE TABLE t (a INT);
CREATE TABLE u (b INT);
-- b
CREATE TABLE t (a INT);
-- expect
-- column u.b · exists: yes -> none
-- column u.b · not null: no -> none
-- column u.b · spelling: b -> none
-- column u.b · type: int -> none
-- table u · column order: b -> none
-- table u · exists: yes -> none
