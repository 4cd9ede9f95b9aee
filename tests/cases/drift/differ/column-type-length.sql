-- a
CREATE TABLE t (a VARCHAR(10));
-- b
CREATE TABLE t (a VARCHAR(20));
-- expect
-- column t.a · type: varchar(10) -> varchar(20)
