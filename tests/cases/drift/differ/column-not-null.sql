-- a
CREATE TABLE t (a TEXT);
-- b
CREATE TABLE t (a TEXT NOT NULL);
-- expect
-- column t.a · not null: no -> yes
