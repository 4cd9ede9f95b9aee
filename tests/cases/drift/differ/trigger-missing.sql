-- a
CREATE TABLE t (a INT);
CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;
-- b
CREATE TABLE t (a INT);
-- expect
-- trigger g · body: SELECT 1 -> none
-- trigger g · event: after insert -> none
-- trigger g · exists: yes -> none
-- trigger g · table: t -> none
