-- a
CREATE TABLE t (a INT, b INT);
CREATE TRIGGER g AFTER UPDATE ON t BEGIN SELECT 1; END;
-- b
CREATE TABLE t (a INT, b INT);
CREATE TRIGGER g AFTER UPDATE OF a ON t BEGIN SELECT 1; END;
-- expect
-- trigger g · event: after update -> after update of a
