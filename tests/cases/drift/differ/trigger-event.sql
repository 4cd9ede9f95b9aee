-- a
CREATE TABLE t (a INT);
CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;
-- b
CREATE TABLE t (a INT);
CREATE TRIGGER g AFTER DELETE ON t BEGIN SELECT 1; END;
-- expect
-- trigger g · event: after insert -> after delete
