-- a
CREATE TABLE t (a INT);
CREATE TRIGGER g AFTER INSERT ON t WHEN new.a > 0 BEGIN SELECT 1; END;
-- b
CREATE TABLE t (a INT);
CREATE TRIGGER g AFTER INSERT ON t WHEN new.a > 1 BEGIN SELECT 1; END;
-- expect
-- trigger g · when: new.a > 0 -> new.a > 1
